-- The post room's and the counter's queues.
CREATE INDEX IF NOT EXISTS parcel_by_state ON parcel (state, id);
