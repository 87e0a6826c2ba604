-- A report names the envelope sender, which has a token for each mail.
CREATE INDEX IF NOT EXISTS mail_outbox_by_sender ON mail_outbox (envelope_from);
