-- Why a certificate is on hold: one open row a source. It is on hold while any row is open, and only
-- the source closes its own (M 4.4.9). open_key is 0 for an open row and the row's own id for a
-- closed one, so that certificate_hold_open forbids two open rows of one source.
CREATE TABLE IF NOT EXISTS certificate_hold (
    id              {bigint}      NOT NULL,
    certificate_id  {bigint}      NOT NULL,
    source          {varchar:20}  NOT NULL,
    open_key        {bigint}      NOT NULL,
    opened_by       {varchar:64}  NOT NULL,  -- actor
    opened_at       {bigint}      NOT NULL,
    closed_by       {varchar:64}  NULL,
    closed_at       {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT certificate_hold_open UNIQUE (certificate_id, source, open_key),
    CONSTRAINT certificate_hold_source CHECK
        (source IN ('subscriber', 'counter', 'agency', 'court', 'automatic')),
    CONSTRAINT certificate_hold_closed CHECK
        ((closed_at IS NULL) = (open_key = 0) AND (closed_at IS NULL) = (closed_by IS NULL))
) {table};
