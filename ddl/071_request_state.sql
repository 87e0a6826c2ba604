-- Queues are read by state, oldest first.
CREATE INDEX IF NOT EXISTS request_by_state ON request (state, id);
