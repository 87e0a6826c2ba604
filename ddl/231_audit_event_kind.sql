-- A month's statistics are counted from the events of that month alone.
CREATE INDEX IF NOT EXISTS audit_event_kind ON audit_event (kind, at, sequence);
