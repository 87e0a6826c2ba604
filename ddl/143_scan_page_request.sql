-- The pages filed with a request.
CREATE INDEX IF NOT EXISTS scan_page_request ON scan_page (request_id);
