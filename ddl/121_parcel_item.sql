-- What lies in a parcel.
CREATE TABLE IF NOT EXISTS parcel_item (
    parcel_id    {bigint}      NOT NULL,
    item_no      {bigint}      NOT NULL,  -- from 1, as packed
    kind         {varchar:40}  NOT NULL,  -- card, slip, letter, receipt …
    reference    {varchar:80}  NOT NULL,  -- number of the card, the slip …; never a secret
    PRIMARY KEY (parcel_id, item_no)
) {table};
