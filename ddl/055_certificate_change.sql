-- What became of a certificate, as the CA has confirmed it: rows are only added. The newest one is
-- its state; a certificate without any is as it was issued.
CREATE TABLE IF NOT EXISTS certificate_change (
    id              {bigint}      NOT NULL,
    certificate_id  {bigint}      NOT NULL,
    state           {varchar:12}  NOT NULL,
    reason          {varchar:40}  NOT NULL,  -- RFC 5280 §5.3.1 name of a revocation; else empty
    order_key       {varchar:80}  NOT NULL,  -- how the order was named to the CA
    changed_at      {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT certificate_change_once UNIQUE (order_key),
    CONSTRAINT certificate_change_state CHECK (state IN ('issued', 'held', 'revoked'))
) {table};
