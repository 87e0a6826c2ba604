-- Posted goods (T 3.2.6, M 4.2.1.2): what was sent to whom, when, under which registered-mail
-- number. The recipient is as it was on the label, whatever the contact becomes later.
CREATE TABLE IF NOT EXISTS parcel (
    id               {bigint}      NOT NULL,
    number           {varchar:24}  NOT NULL,  -- what people write, with a check digit
    dedup_key        {varchar:80}  NOT NULL,  -- what ordered it: the same order again is this parcel
    scheme           {varchar:40}  NOT NULL,
    request_id       {bigint}      NOT NULL,  -- the approval it stands on
    subscriber_id    {bigint}      NOT NULL,
    recipient_name   {varchar:300} NOT NULL,
    postal_code      {varchar:10}  NOT NULL,
    address          {varchar:600} NOT NULL,
    state            {varchar:12}  NOT NULL,
    tracking         {varchar:24}  NULL,      -- registered-mail number; none before it is posted
    ordered_at       {bigint}      NOT NULL,
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT parcel_number UNIQUE (number),
    CONSTRAINT parcel_once UNIQUE (dedup_key),
    CONSTRAINT parcel_state CHECK
        (state IN ('waiting', 'posted', 'at_counter', 'released', 'collected', 'void')),
    CONSTRAINT parcel_posted CHECK (state <> 'posted' OR tracking IS NOT NULL)
) {table};
