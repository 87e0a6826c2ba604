-- The day report counts what was settled; the purge of bodies looks for what was settled long ago.
CREATE INDEX IF NOT EXISTS mail_outbox_settled_at ON mail_outbox (settled_at, state);
