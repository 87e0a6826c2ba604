-- Which token a certificate lies in.
CREATE TABLE IF NOT EXISTS token_certificate (
    certificate_id   {bigint}      NOT NULL,
    token_id         {bigint}      NOT NULL,
    PRIMARY KEY (certificate_id)
) {table};
