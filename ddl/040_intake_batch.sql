-- One data file at the door. The same file again is the same batch.
CREATE TABLE IF NOT EXISTS intake_batch (
    id              {bigint}      NOT NULL,
    file_name       {varchar:300} NOT NULL,  -- base name only
    file_sha256     {varchar:64}  NOT NULL,
    scheme          {varchar:40}  NOT NULL,
    form            {varchar:40}  NOT NULL,
    form_version    {varchar:20}  NOT NULL,
    encoding        {varchar:12}  NOT NULL,
    started_at      {bigint}      NOT NULL,
    finished_at     {bigint}      NULL,
    rows_accepted   {bigint}      NOT NULL,  -- submissions filed under it, by fate
    rows_refused    {bigint}      NOT NULL,
    rows_duplicate  {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT intake_batch_once UNIQUE (file_sha256, scheme, form)
) {table};
