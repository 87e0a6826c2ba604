-- The certificates that a request brought, to find the last one of a round of direct issuance.
CREATE INDEX IF NOT EXISTS certificate_of_request ON certificate (request_id, issued_at);
