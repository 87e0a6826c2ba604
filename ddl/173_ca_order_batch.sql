-- Every signed message on which this CA acted: the RA's word, kept as evidence.
CREATE TABLE IF NOT EXISTS ca_order_batch (
    issuer          {varchar:40}  NOT NULL,
    batch           {varchar:80}  NOT NULL,  -- the RA's name for the message
    ra_fingerprint  {varchar:64}  NOT NULL,  -- whose signature it bears
    content_sha256  {varchar:64}  NOT NULL,  -- of the orders: a repeated batch must be the same
    document        {blob}        NOT NULL,  -- the bytes that were signed
    signature       {blob}        NOT NULL,  -- CMS, detached
    received_at     {bigint}      NOT NULL,
    PRIMARY KEY (issuer, batch)
) {table};
