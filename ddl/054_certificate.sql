-- Certificates as the RA knows them: only what the CA has confirmed.
CREATE TABLE IF NOT EXISTS certificate (
    id               {bigint}      NOT NULL,
    subscriber_id    {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,  -- the approval it stands on
    order_key        {varchar:80}  NOT NULL,  -- how the order was named to the CA
    scheme           {varchar:40}  NOT NULL,
    profile          {varchar:60}  NOT NULL,
    serial           {varchar:40}  NOT NULL,  -- lower-case hexadecimal
    der              {blob}        NOT NULL,
    not_before       {bigint}      NOT NULL,
    not_after        {bigint}      NOT NULL,
    issued_at        {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT certificate_order UNIQUE (order_key),
    CONSTRAINT certificate_serial UNIQUE (scheme, serial)
) {table};
