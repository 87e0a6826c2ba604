-- Private keys made here for a subscriber, encrypted under the subscriber's password (PKCS#8), so that
-- a key file whose answer was lost can be handed out again. Erased some days after.
CREATE TABLE IF NOT EXISTS key_file (
    order_key        {varchar:80}  NOT NULL,  -- certificate_application.order_key
    sealed_key       {blob}        NOT NULL,
    made_at          {bigint}      NOT NULL,
    PRIMARY KEY (order_key)
) {table};
