-- A certificate by its serial number alone, as a subscriber writes it.
CREATE INDEX IF NOT EXISTS certificate_by_serial ON certificate (serial);
