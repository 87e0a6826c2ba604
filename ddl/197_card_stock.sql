-- Blank cards come, are thrown away, are counted (M 2.1.3 (5)). What is left is received less
-- discarded less the rows of `card`.
CREATE TABLE IF NOT EXISTS card_stock (
    id          {bigint}      NOT NULL,
    kind        {varchar:12}  NOT NULL,
    quantity    {bigint}      NOT NULL,  -- of a count: what lay there
    expected    {bigint}      NOT NULL,  -- of a count: what should have lain there; otherwise 0
    actor       {varchar:64}  NOT NULL,
    note        {varchar:200} NOT NULL,  -- delivery note, reason
    at_us       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT card_stock_kind CHECK (kind IN ('received', 'discarded', 'counted')),
    CONSTRAINT card_stock_quantity CHECK (quantity >= 0)
) {table};
