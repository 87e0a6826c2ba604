-- What is charged, in whole New Taiwan dollars. One receipt number may stand for several items.
CREATE TABLE IF NOT EXISTS fee_charge (
    id              {bigint}      NOT NULL,
    receipt_number  {varchar:24}  NOT NULL,
    scheme          {varchar:40}  NOT NULL,
    item            {varchar:40}  NOT NULL,  -- the scheme's name of the fee
    kind            {varchar:12}  NOT NULL,  -- form: asked by a form; sale: at the counter; prepaid: before the form
    unit_twd        {bigint}      NOT NULL,
    pieces          {bigint}      NOT NULL,
    amount_twd      {bigint}      NOT NULL,
    request_id      {bigint}      NULL,
    state           {varchar:12}  NOT NULL,
    alive           {bigint}      NULL,      -- 1; none once void or refunded
    charged_by      {varchar:60}  NOT NULL,
    charged_at      {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fee_charge_once UNIQUE (request_id, item, alive),
    CONSTRAINT fee_charge_kind CHECK (kind IN ('form', 'sale', 'prepaid')),
    CONSTRAINT fee_charge_state CHECK (state IN ('due', 'paid', 'refunded', 'void')),
    CONSTRAINT fee_charge_alive CHECK ((alive IS NOT NULL) = (state IN ('due', 'paid'))),
    CONSTRAINT fee_charge_amount CHECK (amount_twd = unit_twd * pieces AND pieces > 0)
) {table};
