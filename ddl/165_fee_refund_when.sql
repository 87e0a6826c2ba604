CREATE INDEX IF NOT EXISTS fee_refund_when ON fee_refund (state, settled_at);
