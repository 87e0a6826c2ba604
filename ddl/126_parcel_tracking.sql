-- Two parcels under one registered-mail number are a slip of the pen.
CREATE INDEX IF NOT EXISTS parcel_tracking ON parcel (tracking);
