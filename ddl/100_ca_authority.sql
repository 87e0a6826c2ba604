-- A CA that signs here: its own numbers. One row per CA key.
CREATE TABLE IF NOT EXISTS ca_authority (
    issuer       {varchar:40}  NOT NULL,  -- its subjectKeyIdentifier, hexadecimal
    certificate  {blob}        NOT NULL,  -- DER
    crl_number   {bigint}      NOT NULL,  -- the last one given out; never goes back
    signed_at    {bigint}      NOT NULL,  -- the last time it signed: a clock behind it was set back
    PRIMARY KEY (issuer)
) {table};
