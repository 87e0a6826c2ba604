-- What the relying agency is told of a certificate (T 4.5.2, T 4.7.4), until it has acknowledged it.
CREATE TABLE IF NOT EXISTS agency_notice (
    id              {bigint}       NOT NULL,
    number          {varchar:20}   NOT NULL,
    scheme          {varchar:40}   NOT NULL,
    serial          {varchar:40}   NOT NULL,  -- of the certificate
    order_key       {varchar:80}   NOT NULL,  -- of the change that is told
    document        {text}         NOT NULL,  -- JSON, the bytes that are signed
    state           {varchar:12}   NOT NULL,
    mails           {bigint}       NOT NULL,  -- times it was told
    next_at         {bigint}       NOT NULL,  -- when it is told again, while open
    opened_at       {bigint}       NOT NULL,
    settled_at      {bigint}       NULL,
    settled_by      {varchar:64}   NULL,
    reference       {varchar:190}  NULL,      -- the agency's answer
    PRIMARY KEY (id),
    CONSTRAINT agency_notice_number UNIQUE (number),
    CONSTRAINT agency_notice_once UNIQUE (order_key),
    CONSTRAINT agency_notice_due UNIQUE (state, next_at, id),
    CONSTRAINT agency_notice_of UNIQUE (serial, id),
    CONSTRAINT agency_notice_state CHECK (state IN ('open', 'acknowledged', 'overtaken')),
    CONSTRAINT agency_notice_settled CHECK ((state = 'open') = (settled_at IS NULL))
) {table};
