-- Certificates in the order of their end, so that the night job reads only those that are due.
CREATE INDEX IF NOT EXISTS certificate_ending ON certificate (scheme, not_after, id);
