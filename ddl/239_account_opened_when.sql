-- The month's statistics are compared with the accounts of that month.
CREATE INDEX IF NOT EXISTS account_opened_when ON account (created_at);
