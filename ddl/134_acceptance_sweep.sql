-- How far the night job has come in each scheme: every certificate is looked at once, when its time
-- for acceptance has run out (M 4.4.5).
CREATE TABLE IF NOT EXISTS acceptance_sweep (
    scheme      {varchar:40}  NOT NULL,
    issued_at   {bigint}      NOT NULL,  -- of the certificate looked at last
    last_id     {bigint}      NOT NULL,  -- its key
    swept_at    {bigint}      NOT NULL,
    PRIMARY KEY (scheme)
) {table};
