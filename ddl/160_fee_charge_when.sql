CREATE INDEX IF NOT EXISTS fee_charge_when ON fee_charge (charged_at);
