-- All certificates of one subscriber.
CREATE INDEX IF NOT EXISTS ca_certificate_subscriber ON ca_certificate (subscriber, id);
