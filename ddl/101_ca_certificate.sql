-- Every certificate from before its signature on: what is to be signed is stored and committed
-- first, so that nothing is ever signed without a record.
CREATE TABLE IF NOT EXISTS ca_certificate (
    id               {bigint}      NOT NULL,
    issuer           {varchar:40}  NOT NULL,
    order_key        {varchar:80}  NOT NULL,  -- the RA's name for the order
    order_sha256     {varchar:64}  NOT NULL,  -- of its content: a repeated order must be the same
    serial           {varchar:32}  NOT NULL,  -- hexadecimal, never used again
    profile          {varchar:60}  NOT NULL,
    subscriber       {varchar:64}  NOT NULL,
    spki_sha256      {varchar:64}  NOT NULL,
    approval_sha256  {varchar:64}  NOT NULL,
    state            {varchar:12}  NOT NULL,
    version          {bigint}      NOT NULL,  -- grows by one with every change
    tbs              {blob}        NOT NULL,  -- DER TBSCertificate, as it is signed
    seal             {varchar:64}  NOT NULL,  -- MAC by the CA over order and tbs: this CA intended it
    certificate      {blob}        NULL,      -- DER; none until signed
    not_before       {bigint}      NOT NULL,
    not_after        {bigint}      NOT NULL,
    reserved_at      {bigint}      NOT NULL,
    issued_at        {bigint}      NULL,
    since            {bigint}      NULL,      -- of the hold or the revocation
    reason           {bigint}      NULL,      -- RFC 5280 §5.3.1
    PRIMARY KEY (id),
    CONSTRAINT ca_certificate_order UNIQUE (order_key),
    CONSTRAINT ca_certificate_serial UNIQUE (serial),
    CONSTRAINT ca_certificate_state CHECK (state IN ('signing', 'issued', 'held', 'revoked')),
    CONSTRAINT ca_certificate_signed CHECK ((state = 'signing') = (certificate IS NULL)),
    CONSTRAINT ca_certificate_since CHECK ((state IN ('held', 'revoked')) = (since IS NOT NULL)),
    CONSTRAINT ca_certificate_reason CHECK ((since IS NULL) = (reason IS NULL))
) {table};
