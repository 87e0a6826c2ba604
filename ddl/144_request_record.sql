-- The request keyed from a paper, for the page scanned of it.
CREATE INDEX IF NOT EXISTS request_record ON request (record_number);
