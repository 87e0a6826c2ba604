-- CRLs read held and revoked certificates that have not run out; recovery reads 'signing'.
CREATE INDEX IF NOT EXISTS ca_certificate_state ON ca_certificate (issuer, state, not_after, id);
