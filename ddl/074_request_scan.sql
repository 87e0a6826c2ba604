-- The images filed with a request; content in the desk's files, by SHA-256.
CREATE TABLE IF NOT EXISTS request_scan (
    id               {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,
    role             {varchar:40}  NOT NULL,  -- the form field it belongs to
    sha256           {varchar:64}  NOT NULL,
    file_name        {varchar:300} NOT NULL,
    current          {bigint}      NOT NULL,  -- 0: replaced by a resubmission
    added_at         {bigint}      NOT NULL,
    PRIMARY KEY (id)
) {table};
