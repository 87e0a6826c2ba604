-- Pre-numbered forms come in boxes, are spoiled, are counted (M 2.1.3 (5)). What is left is received
-- less the rows of form_use. Numbers run on: pattern with # for each digit of the running number.
CREATE TABLE IF NOT EXISTS form_stock (
    id        {bigint}      NOT NULL,
    stock     {varchar:40}  NOT NULL,
    kind      {varchar:12}  NOT NULL,
    pattern   {varchar:40}  NOT NULL,  -- of what was received; otherwise empty
    first_no  {bigint}      NOT NULL,  -- of what was received; otherwise 0
    last_no   {bigint}      NOT NULL,
    quantity  {bigint}      NOT NULL,  -- sheets
    expected  {bigint}      NOT NULL,  -- of a count: what should have lain there; otherwise 0
    actor     {varchar:64}  NOT NULL,
    note      {varchar:200} NOT NULL,
    at_us     {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT form_stock_kind CHECK (kind IN ('received', 'counted')),
    CONSTRAINT form_stock_quantity CHECK (quantity >= 0)
) {table};
