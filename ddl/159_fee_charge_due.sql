-- What is still to be paid.
CREATE INDEX IF NOT EXISTS fee_charge_due ON fee_charge (state, id);
