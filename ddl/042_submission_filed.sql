-- The day report counts what was filed between two moments, by fate.
CREATE INDEX IF NOT EXISTS submission_filed ON submission (filed_at, fate);
