-- The mails of one request.
CREATE INDEX IF NOT EXISTS mail_outbox_subject ON mail_outbox (subject_ref, id);
