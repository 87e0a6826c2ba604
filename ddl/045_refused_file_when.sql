-- The day report counts what a day refused.
CREATE INDEX IF NOT EXISTS refused_file_when ON refused_file (refused_at);
