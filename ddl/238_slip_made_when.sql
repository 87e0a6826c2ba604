-- The month's statistics are compared with the slips of that month.
CREATE INDEX IF NOT EXISTS slip_made_when ON slip (created_at);
