CREATE INDEX IF NOT EXISTS request_scan_of ON request_scan (request_id, current);
