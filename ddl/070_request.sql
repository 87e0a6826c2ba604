-- 申請案: an accepted submission and its work.
CREATE TABLE IF NOT EXISTS request (
    id               {bigint}      NOT NULL,
    number           {varchar:24}  NOT NULL,  -- what people write, with a check digit
    scheme           {varchar:40}  NOT NULL,
    form             {varchar:40}  NOT NULL,
    form_version     {varchar:20}  NOT NULL,
    form_hash        {varchar:64}  NOT NULL,  -- SHA-256 of the definition it was received under
    record_number    {varchar:80}  NULL,      -- 收件編號: the paper's own number
    applicant_kind   {varchar:40}  NOT NULL,
    id_number        {varchar:40}  NOT NULL,
    applicant_name   {varchar:300} NOT NULL,
    payload          {text}        NOT NULL,  -- canonical JSON of the normalised fields
    findings         {text}        NOT NULL,  -- JSON: what the examiner must look at, such as a missing document
    state            {varchar:12}  NOT NULL,
    version          {bigint}      NOT NULL,  -- grows by one with every saved change
    open_key         {varchar:200} NULL,      -- scheme/form/id while open: one open request each
    keyed_by         {varchar:60}  NOT NULL,
    received_at      {bigint}      NOT NULL,
    due_at           {bigint}      NULL,      -- promised end (T 5.1.5); none while returned
    decided_at       {bigint}      NULL,
    closed_at        {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT request_number UNIQUE (number),
    CONSTRAINT request_open_once UNIQUE (open_key),
    CONSTRAINT request_state CHECK (state IN ('received', 'examined', 'returned', 'approved', 'completed', 'rejected', 'withdrawn')),
    CONSTRAINT request_closed CHECK ((closed_at IS NOT NULL) = (state IN ('completed', 'rejected', 'withdrawn')))
) {table};
