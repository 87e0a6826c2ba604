CREATE INDEX IF NOT EXISTS slip_by_request ON slip (request_id, id);
