CREATE INDEX IF NOT EXISTS fee_charge_number ON fee_charge (receipt_number, id);
