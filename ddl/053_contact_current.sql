-- The current contact of a subscriber is looked up for every parcel.
CREATE INDEX IF NOT EXISTS contact_current ON contact (subscriber_id, valid_until);
