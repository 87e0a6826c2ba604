-- Mails that did not arrive, or perhaps not, and for which a person has done what was to be done.
CREATE TABLE IF NOT EXISTS mail_handled (
    mail_id    {bigint}      NOT NULL PRIMARY KEY,
    reason     {varchar:300} NOT NULL,
    handled_by {varchar:200} NOT NULL,
    handled_at {bigint}      NOT NULL
) {table};
