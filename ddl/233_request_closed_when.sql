-- Service times are those of the requests that ended in a month.
CREATE INDEX IF NOT EXISTS request_closed_when ON request (closed_at);
