-- Images that came with a submission; content in the desk's files, by SHA-256.
CREATE TABLE IF NOT EXISTS submission_scan (
    submission_id   {bigint}      NOT NULL,
    field           {varchar:40}  NOT NULL,
    sha256          {varchar:64}  NOT NULL,
    file_name       {varchar:300} NOT NULL,  -- base name only
    PRIMARY KEY (submission_id, field)
) {table};
