-- How far the search for certificates that end has come, for each stage: behind which certificate, in
-- the order of their end.
CREATE TABLE IF NOT EXISTS expiry_sweep (
    scheme     {varchar:40}  NOT NULL,
    stage      {varchar:8}   NOT NULL,
    not_after  {bigint}      NOT NULL,
    last_id    {bigint}      NOT NULL,
    swept_at   {bigint}      NOT NULL,
    PRIMARY KEY (scheme, stage)
) {table};
