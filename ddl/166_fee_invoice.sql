-- 統一發票 as issued for a receipt, and how it reached the buyer (T 6.3).
CREATE TABLE IF NOT EXISTS fee_invoice (
    id              {bigint}      NOT NULL,
    number          {varchar:10}  NOT NULL,  -- two letters, eight digits
    receipt_number  {varchar:24}  NOT NULL,
    alive           {bigint}      NULL,      -- 1; none once void
    issued_on       {varchar:10}  NOT NULL,  -- ISO day on the invoice
    buyer_number    {varchar:8}   NULL,      -- the buyer's unified business number, if any
    amount_twd      {bigint}      NOT NULL,
    items           {text}        NOT NULL,
    state           {varchar:12}  NOT NULL,
    tracking        {varchar:40}  NULL,      -- of the registered post it went with
    issued_by       {varchar:60}  NOT NULL,
    issued_at       {bigint}      NOT NULL,
    changed_by      {varchar:60}  NOT NULL,
    changed_at      {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fee_invoice_number UNIQUE (number),
    CONSTRAINT fee_invoice_once UNIQUE (receipt_number, alive),
    CONSTRAINT fee_invoice_state CHECK (state IN ('issued', 'handed_over', 'posted', 'void')),
    CONSTRAINT fee_invoice_alive CHECK ((alive IS NULL) = (state = 'void'))
) {table};
