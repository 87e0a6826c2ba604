-- The forms of a slip.
CREATE INDEX IF NOT EXISTS form_use_slip ON form_use (slip_id);
