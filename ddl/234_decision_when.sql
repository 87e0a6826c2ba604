-- The month's statistics are compared with the decisions of that month.
CREATE INDEX IF NOT EXISTS decision_when ON decision (decided_at);
