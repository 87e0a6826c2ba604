-- The month's statistics are compared with what became of certificates in that month.
CREATE INDEX IF NOT EXISTS certificate_change_when ON certificate_change (changed_at);
