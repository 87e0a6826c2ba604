CREATE INDEX IF NOT EXISTS slip_by_batch ON slip (batch_id, id);
