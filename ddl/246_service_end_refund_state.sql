CREATE INDEX IF NOT EXISTS service_end_refund_state ON service_end_refund (scheme, state, request_id);
