-- "Is anything left to do for this request?" is asked before each request is completed.
CREATE INDEX IF NOT EXISTS job_subject ON job (subject, state);
