-- The pages of a paper, for the form keyed from it.
CREATE INDEX IF NOT EXISTS scan_page_record ON scan_page (record_number, state);
