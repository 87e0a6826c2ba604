CREATE INDEX IF NOT EXISTS fee_payment_when ON fee_payment (paid_at);
