-- A data file (or ZIP) that was refused as a whole: unknown form, wrong encoding, damage. None of
-- its rows was read, so this is all that tells of it. The same file refused again is the same row.
CREATE TABLE IF NOT EXISTS refused_file (
    id           {bigint}      NOT NULL,
    file_name    {varchar:300} NOT NULL,  -- base name only
    file_sha256  {varchar:64}  NOT NULL,
    code         {varchar:60}  NOT NULL,  -- of the error
    refused_at   {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT refused_file_once UNIQUE (file_sha256, code)
) {table};
