-- The runs of a day.
CREATE INDEX IF NOT EXISTS job_run_when ON job_run (planned_at, job);
