-- What was decided in a month: the promises of T 5.1.5 are measured by it.
CREATE INDEX IF NOT EXISTS request_decided ON request (decided_at, id);
