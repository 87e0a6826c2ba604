CREATE INDEX IF NOT EXISTS slip_by_account ON slip (account_id, id);
