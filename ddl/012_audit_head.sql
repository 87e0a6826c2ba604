-- The end of the chain: one row. A chain that is shorter than its head was cut.
CREATE TABLE IF NOT EXISTS audit_head (
    id        {bigint}      NOT NULL,
    sequence  {bigint}      NOT NULL,
    hash      {varchar:64}  NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT audit_head_one CHECK (id = 1)
) {table};
