-- The exact bytes of a mail (RFC 5322, CRLF), beside the outbox so that a change of state does not
-- rewrite them. Purged some time after the mail is settled; the hash in mail_outbox stays.
CREATE TABLE IF NOT EXISTS mail_body (
    mail_id {bigint} NOT NULL PRIMARY KEY,
    bytes   {blob}   NOT NULL
) {table};
