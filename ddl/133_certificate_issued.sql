-- The night job looks only at the certificates whose time for acceptance has just run out (M 4.4.5).
CREATE INDEX IF NOT EXISTS certificate_issued ON certificate (scheme, issued_at, id);
