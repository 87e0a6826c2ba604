-- What waits for one subscriber at the counter.
CREATE INDEX IF NOT EXISTS parcel_of_subscriber ON parcel (subscriber_id, state);
