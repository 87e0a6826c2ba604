-- One file of the register (登記機關) and what its rows came to. The same file again is the same
-- batch. A chunk of rows and these counts are one commit, so a batch that a crash cut off goes on
-- after last_row.
CREATE TABLE IF NOT EXISTS registry_batch (
    id              {bigint}      NOT NULL,
    number          {varchar:24}  NOT NULL,  -- what people write, with a check digit
    scheme          {varchar:40}  NOT NULL,
    form            {varchar:40}  NOT NULL,
    file_name       {varchar:300} NOT NULL,  -- base name only
    file_sha256     {varchar:64}  NOT NULL,
    encoding        {varchar:12}  NOT NULL,
    imported_by     {varchar:60}  NOT NULL,
    started_at      {bigint}      NOT NULL,
    finished_at     {bigint}      NULL,
    last_row        {bigint}      NOT NULL,  -- as a spreadsheet counts; 0 before the first chunk
    rows_read       {bigint}      NOT NULL,
    rows_not_ours   {bigint}      NOT NULL,  -- counted, not kept
    PRIMARY KEY (id),
    CONSTRAINT registry_batch_number UNIQUE (number),
    CONSTRAINT registry_batch_once UNIQUE (file_sha256, scheme, form)
) {table};
