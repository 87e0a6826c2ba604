CREATE INDEX IF NOT EXISTS slip_wait_bounced ON slip_wait (bounced_at, slip_id);
