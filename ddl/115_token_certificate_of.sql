-- The certificates in a token.
CREATE INDEX IF NOT EXISTS token_certificate_of ON token_certificate (token_id, certificate_id);
