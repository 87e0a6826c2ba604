-- Certificates of one CA in the order of their keys: answers are signed in advance page by page.
CREATE INDEX IF NOT EXISTS ca_certificate_issuer ON ca_certificate (issuer, id);
