-- Cash taken for a charge, and by whom.
CREATE TABLE IF NOT EXISTS fee_payment (
    id           {bigint}      NOT NULL,
    charge_id    {bigint}      NOT NULL,
    amount_twd   {bigint}      NOT NULL,
    received_by  {varchar:60}  NOT NULL,
    paid_at      {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fee_payment_once UNIQUE (charge_id)
) {table};
