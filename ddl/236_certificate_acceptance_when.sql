-- The month's statistics are compared with the certificates accepted in that month.
CREATE INDEX IF NOT EXISTS certificate_acceptance_when ON certificate_acceptance (accepted_at);
