-- What a request has sent.
CREATE INDEX IF NOT EXISTS parcel_of_request ON parcel (request_id, state);
