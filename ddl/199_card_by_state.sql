-- Cards in work, and the counts of the day.
CREATE INDEX IF NOT EXISTS card_by_state ON card (state, id);
