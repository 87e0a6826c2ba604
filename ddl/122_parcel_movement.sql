-- Every step of a parcel: rows are only added. This is the record that T 3.2.6 asks for.
CREATE TABLE IF NOT EXISTS parcel_movement (
    id           {bigint}      NOT NULL,
    parcel_id    {bigint}      NOT NULL,
    step_no      {bigint}      NOT NULL,  -- from 1
    state        {varchar:12}  NOT NULL,  -- what the parcel came to
    actor        {varchar:64}  NOT NULL,
    reference    {varchar:80}  NOT NULL,  -- registered-mail number, or number of the collection form
    note         {varchar:300} NOT NULL,  -- why it came back, why it is void
    moved_at     {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT parcel_movement_once UNIQUE (parcel_id, step_no)
) {table};
