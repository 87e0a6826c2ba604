-- 憑證聯絡人: where slips and parcels go. The row without an end is the current one.
CREATE TABLE IF NOT EXISTS contact (
    id               {bigint}      NOT NULL,
    subscriber_id    {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,  -- the form it was written on
    name             {varchar:300} NOT NULL,
    phone            {varchar:60}  NOT NULL,
    email            {varchar:254} NOT NULL,
    postal_code      {varchar:10}  NOT NULL,
    address          {varchar:600} NOT NULL,
    valid_from       {bigint}      NOT NULL,
    valid_until      {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT contact_from_form UNIQUE (subscriber_id, request_id)
) {table};
