-- The job that reminds reads what is due, nothing else.
CREATE INDEX IF NOT EXISTS request_return_remind ON request_return (remind_at, id);
