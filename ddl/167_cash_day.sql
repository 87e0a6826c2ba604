-- The cash box at the end of a day, as counted; signed off by a second person.
CREATE TABLE IF NOT EXISTS cash_day (
    day            {varchar:10}  NOT NULL,  -- ISO
    opening_twd    {bigint}      NOT NULL,
    taken_twd      {bigint}      NOT NULL,
    refunded_twd   {bigint}      NOT NULL,
    counted_twd    {bigint}      NOT NULL,
    deposited_twd  {bigint}      NOT NULL,  -- carried to the bank after counting
    note           {text}        NOT NULL,
    closed_by      {varchar:60}  NOT NULL,
    closed_at      {bigint}      NOT NULL,
    signed_by      {varchar:60}  NULL,
    signed_at      {bigint}      NULL,
    document       {text}        NULL,      -- canonical JSON, as signed
    signature      {blob}        NULL,      -- CMS, detached, CAdES-BES
    PRIMARY KEY (day),
    CONSTRAINT cash_day_four_eyes CHECK (signed_by IS NULL OR signed_by <> closed_by)
) {table};
