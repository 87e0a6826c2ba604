-- The pages a person must look at, oldest first.
CREATE INDEX IF NOT EXISTS scan_page_state ON scan_page (state, id);
