-- 收件: one filled form as keyed or scanned, and what became of it. Never changed, never removed.
CREATE TABLE IF NOT EXISTS submission (
    id              {bigint}      NOT NULL,
    batch_id        {bigint}      NOT NULL,
    row_no          {bigint}      NOT NULL,  -- in the file, as a spreadsheet counts
    record_number   {varchar:80}  NOT NULL,  -- 收件編號; empty when there is none
    row_key         {varchar:64}  NOT NULL,  -- what was keyed, its scans, which time: see row_key()
    fate            {varchar:12}  NOT NULL,
    request_id      {bigint}      NULL,      -- of an accepted one
    request_number  {varchar:24}  NOT NULL,  -- the same as people write it; empty for the others
    duplicate_of    {varchar:24}  NOT NULL,  -- number of the request it repeats; empty for the others
    reasons         {text}        NOT NULL,  -- JSON list
    payload         {text}        NOT NULL,  -- JSON: normalised, or as keyed when refused
    filed_at        {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT submission_once UNIQUE (row_key),
    CONSTRAINT submission_fate CHECK (fate IN ('accepted', 'refused', 'duplicate')),
    CONSTRAINT submission_request CHECK ((fate = 'accepted') = (request_id IS NOT NULL)),
    CONSTRAINT submission_duplicate CHECK ((fate = 'duplicate') = (duplicate_of <> ''))
) {table};
