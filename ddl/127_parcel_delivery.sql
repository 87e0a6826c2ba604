-- Proof that a posted parcel arrived: the post's confirmation of a registered item (M 4.2.1.2 (2)).
CREATE TABLE IF NOT EXISTS parcel_delivery (
    parcel_id      {bigint}      NOT NULL,
    delivered_at   {bigint}      NOT NULL,  -- as the post says
    signed_by      {varchar:60}  NOT NULL,  -- as the post says; may be empty
    confirmed_by   {varchar:64}  NOT NULL,
    confirmed_at   {bigint}      NOT NULL,
    PRIMARY KEY (parcel_id)
) {table};
