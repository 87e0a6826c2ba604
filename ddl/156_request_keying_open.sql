-- What waits for a second keying or a settlement.
CREATE INDEX IF NOT EXISTS request_keying_open ON request_keying (state, request_id);
