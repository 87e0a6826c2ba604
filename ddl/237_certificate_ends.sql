-- Which certificates end in a month.
CREATE INDEX IF NOT EXISTS certificate_ends ON certificate (not_after);
