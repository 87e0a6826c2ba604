-- Senders look for what is due, state by state.
CREATE INDEX IF NOT EXISTS mail_outbox_due ON mail_outbox (state, next_at);
