-- A letter that came back is found by its registered-mail number.
CREATE INDEX IF NOT EXISTS slip_tracking ON slip (tracking_number);
