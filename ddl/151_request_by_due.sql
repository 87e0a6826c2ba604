-- The queue by what is promised soonest.
CREATE INDEX IF NOT EXISTS request_by_due ON request (state, due_at, id);
