-- What is to be erased.
CREATE INDEX IF NOT EXISTS key_file_made ON key_file (made_at);
