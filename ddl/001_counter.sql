-- Series of consecutive numbers (application numbers, slip numbers): one row a series.
CREATE TABLE IF NOT EXISTS counter (
    name        {varchar:60} NOT NULL PRIMARY KEY,
    next_value  {bigint} NOT NULL,
    CONSTRAINT counter_next_positive CHECK (next_value >= 1)
) {table};
