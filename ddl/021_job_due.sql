-- Finds what is due without looking at what is done; with `kind`, counting needs no table row.
CREATE INDEX IF NOT EXISTS job_due ON job (state, due_us, kind);
