-- Each officer's queue: the open checks of one kind.
CREATE INDEX IF NOT EXISTS request_check_open ON request_check (state, kind, request_id);
