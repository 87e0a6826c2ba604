-- Cash given back: one person asks, another gives.
CREATE TABLE IF NOT EXISTS fee_refund (
    id          {bigint}      NOT NULL,
    charge_id   {bigint}      NOT NULL,
    amount_twd  {bigint}      NOT NULL,
    reason      {text}        NOT NULL,
    state       {varchar:12}  NOT NULL,
    alive       {bigint}      NULL,      -- 1; none once declined
    asked_by    {varchar:60}  NOT NULL,
    asked_at    {bigint}      NOT NULL,
    settled_by  {varchar:60}  NULL,
    settled_at  {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT fee_refund_once UNIQUE (charge_id, alive),
    CONSTRAINT fee_refund_state CHECK (state IN ('asked', 'paid', 'declined')),
    CONSTRAINT fee_refund_alive CHECK ((alive IS NULL) = (state = 'declined')),
    CONSTRAINT fee_refund_four_eyes CHECK (settled_by IS NULL OR settled_by <> asked_by)
) {table};
