-- A CA's new key: which key it follows, and the certificates by which each of the two vouches for
-- the other (RFC 4210 §4.4). From then on the former key signs CRLs and the certificate of its OCSP
-- responder, nothing else. Rows stay for ever.
CREATE TABLE IF NOT EXISTS ca_rekey (
    former        {varchar:40}  NOT NULL,  -- ca_authority.issuer
    successor     {varchar:40}  NOT NULL,  -- ca_authority.issuer
    new_with_old  {blob}        NOT NULL,  -- DER
    old_with_new  {blob}        NOT NULL,  -- DER
    at            {bigint}      NOT NULL,
    PRIMARY KEY (former),
    CONSTRAINT ca_rekey_once UNIQUE (successor)
) {table};
