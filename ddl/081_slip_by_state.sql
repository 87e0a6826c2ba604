CREATE INDEX IF NOT EXISTS slip_by_state ON slip (state, id);
