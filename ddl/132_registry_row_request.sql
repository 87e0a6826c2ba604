-- Which row of the register a request comes from.
CREATE INDEX IF NOT EXISTS registry_row_request ON registry_row (request_id);
