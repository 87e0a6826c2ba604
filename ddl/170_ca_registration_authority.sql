-- Whose signed orders a CA carries out. Rows stay for ever: evidence is checked against them.
CREATE TABLE IF NOT EXISTS ca_registration_authority (
    issuer       {varchar:40}  NOT NULL,  -- the CA that believes it: ca_authority.issuer
    fingerprint  {varchar:64}  NOT NULL,  -- SHA-256 of the certificate, hexadecimal
    name         {varchar:64}  NOT NULL,
    key_id       {varchar:40}  NOT NULL,  -- its subjectKeyIdentifier, hexadecimal: CMP's senderKID
    certificate  {blob}        NOT NULL,  -- DER
    since        {bigint}      NOT NULL,
    until        {bigint}      NULL,      -- none: still believed
    PRIMARY KEY (issuer, fingerprint)
) {table};
