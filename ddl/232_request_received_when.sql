-- The month's statistics are compared with the requests of that month.
CREATE INDEX IF NOT EXISTS request_received_when ON request (received_at);
