-- The job that closes what was not corrected reads what is due, nothing else.
CREATE INDEX IF NOT EXISTS request_return_close ON request_return (close_at, id);
