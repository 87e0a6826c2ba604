-- What goes back of the fees for one request whose certificates the end cut short (M 4.9): whole New
-- Taiwan dollars.
CREATE TABLE IF NOT EXISTS service_end_refund (
    request_id   {bigint}      NOT NULL,
    scheme       {varchar:40}  NOT NULL,
    paid_twd     {bigint}      NOT NULL,  -- without cards and other material
    refund_twd   {bigint}      NOT NULL,
    state        {varchar:12}  NOT NULL,
    settled_at   {bigint}      NULL,
    settled_by   {varchar:60}  NULL,
    reference    {varchar:80}  NULL,      -- of the payment: number of a bank transfer, of a receipt
    PRIMARY KEY (request_id),
    CONSTRAINT service_end_refund_state CHECK (state IN ('due', 'paid')),
    CONSTRAINT service_end_refund_most CHECK (refund_twd >= 0 AND refund_twd * 100 <= paid_twd * 80),
    CONSTRAINT service_end_refund_paid CHECK ((state = 'paid') = (settled_by IS NOT NULL))
) {table};
