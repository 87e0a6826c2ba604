-- Holds, releases and revocations as ordered: a repeated order finds itself here.
CREATE TABLE IF NOT EXISTS ca_status_order (
    order_key        {varchar:80}  NOT NULL,
    order_sha256     {varchar:64}  NOT NULL,
    serial           {varchar:32}  NOT NULL,
    kind             {varchar:12}  NOT NULL,
    reason           {bigint}      NOT NULL,
    approval_sha256  {varchar:64}  NOT NULL,
    at               {bigint}      NOT NULL,
    PRIMARY KEY (order_key),
    CONSTRAINT ca_status_order_kind CHECK (kind IN ('hold', 'release', 'revoke'))
) {table};
