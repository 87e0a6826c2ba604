-- "Everything about request 4711": the commonest question of an auditor.
CREATE INDEX IF NOT EXISTS audit_event_subject ON audit_event (subject, sequence);
