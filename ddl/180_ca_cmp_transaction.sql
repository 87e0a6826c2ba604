-- Requests by CMP (RFC 4210): what an RA signed, and what it was answered. A transaction id is good
-- for one request: the same one finds its answer here, another one is refused. Rows stay for ever:
-- the message is the RA's signed word.
CREATE TABLE IF NOT EXISTS ca_cmp_transaction (
    id                  {bigint}      NOT NULL,
    issuer              {varchar:40}  NOT NULL,  -- the CA asked: ca_authority.issuer
    ra                  {varchar:64}  NOT NULL,  -- ca_registration_authority.name
    transaction_id      {varchar:64}  NOT NULL,  -- hexadecimal
    message_sha256      {varchar:64}  NOT NULL,  -- of the whole message
    content_sha256      {varchar:64}  NOT NULL,  -- of what it asks for, without times and nonces
    request             {blob}        NOT NULL,  -- DER PKIMessage as received
    begun_at            {bigint}      NOT NULL,
    response            {blob}        NULL,      -- DER PKIMessage; none: not known yet, ask again
    answered_at         {bigint}      NULL,
    serial              {varchar:32}  NOT NULL,  -- of the certificate given out; empty: none
    certificate_sha256  {varchar:64}  NOT NULL,  -- of it, for certConf; empty: none
    confirmation        {varchar:12}  NULL,      -- what certConf said; none: no certConf came
    PRIMARY KEY (id),
    CONSTRAINT ca_cmp_transaction_once UNIQUE (issuer, ra, transaction_id),
    CONSTRAINT ca_cmp_transaction_answered CHECK ((response IS NULL) = (answered_at IS NULL)),
    CONSTRAINT ca_cmp_transaction_certificate CHECK ((serial = '') = (certificate_sha256 = '')),
    CONSTRAINT ca_cmp_transaction_confirmation CHECK (confirmation IN ('accepted', 'rejected'))
) {table};
