-- What CRLs say: every certificate that was ever held or revoked. Small rows beside the certificates'
-- own, so that a CRL of a million entries is one read from front to end. The unique index finds what
-- changed since a CRL.
CREATE TABLE IF NOT EXISTS ca_crl_entry (
    certificate_id  {bigint}      NOT NULL,  -- ca_certificate.id
    issuer          {varchar:40}  NOT NULL,
    serial          {varchar:32}  NOT NULL,
    not_after       {bigint}      NOT NULL,
    since           {bigint}      NOT NULL,  -- of the hold or the revocation; of a release
    reason          {bigint}      NOT NULL,  -- RFC 5280 §5.3.1; 8: released, told by delta CRLs
    invalid_since   {bigint}      NULL,      -- RFC 5280 §5.3.2; none: not said
    crl_partition   {bigint}      NOT NULL,  -- that the certificate names; 0: the complete CRL only
    after_crl       {bigint}      NOT NULL,  -- the last number given out before this was so
    PRIMARY KEY (certificate_id),
    CONSTRAINT ca_crl_entry_changed UNIQUE (issuer, after_crl, certificate_id)
) {table};
