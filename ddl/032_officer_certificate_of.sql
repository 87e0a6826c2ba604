CREATE INDEX IF NOT EXISTS officer_certificate_of ON officer_certificate (officer_id);
