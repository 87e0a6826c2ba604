-- What the card centre has to make, and what lies at the counter.
CREATE INDEX IF NOT EXISTS token_by_state ON token (state, id);
