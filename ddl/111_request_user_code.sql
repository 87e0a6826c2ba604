-- The user code on a form, as a verifier, until the form is decided.
CREATE TABLE IF NOT EXISTS request_user_code (
    request_id       {bigint}      NOT NULL,
    verifier         {varchar:300} NOT NULL,
    PRIMARY KEY (request_id)
) {table};
