-- A certificate's newest change.
CREATE INDEX IF NOT EXISTS certificate_change_of ON certificate_change (certificate_id, id);
