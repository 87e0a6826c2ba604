-- What is still to be said, mail box by mail box.
CREATE INDEX IF NOT EXISTS expiry_notice_due ON expiry_notice (state, address_key, id);
