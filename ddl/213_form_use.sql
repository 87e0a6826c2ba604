-- What became of each pre-numbered form: printed on, or spoiled (also after it was printed on).
CREATE TABLE IF NOT EXISTS form_use (
    id        {bigint}      NOT NULL,
    stock_id  {bigint}      NOT NULL,  -- the receipt it came with, form_stock.id
    stock     {varchar:40}  NOT NULL,
    running   {bigint}      NOT NULL,  -- its running number
    kind      {varchar:12}  NOT NULL,
    batch_id  {bigint}      NULL,      -- of what was printed
    slip_id   {bigint}      NULL,
    actor     {varchar:64}  NOT NULL,
    note      {varchar:200} NOT NULL,  -- why it was spoiled
    at_us     {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT form_use_once UNIQUE (stock_id, running),
    CONSTRAINT form_use_kind CHECK (kind IN ('printed', 'spoiled'))
) {table};
