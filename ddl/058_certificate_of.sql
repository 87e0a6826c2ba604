-- The certificates of a subscriber.
CREATE INDEX IF NOT EXISTS certificate_of ON certificate (subscriber_id, id);
