-- The day report counts what came in.
CREATE INDEX IF NOT EXISTS mail_outbox_enqueued ON mail_outbox (enqueued_at);
