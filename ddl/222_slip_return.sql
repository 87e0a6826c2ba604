-- A posted slip that came back (退件): what the post wrote on it, and the day.
CREATE TABLE IF NOT EXISTS slip_return (
    slip_id      {bigint}      NOT NULL,
    reason       {varchar:300} NOT NULL,
    returned_at  {bigint}      NOT NULL,  -- as the post says
    recorded_by  {varchar:64}  NOT NULL,
    recorded_at  {bigint}      NOT NULL,
    PRIMARY KEY (slip_id)
) {table};
