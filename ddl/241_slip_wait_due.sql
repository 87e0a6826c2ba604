CREATE INDEX IF NOT EXISTS slip_wait_due ON slip_wait (state, due_at, slip_id);
