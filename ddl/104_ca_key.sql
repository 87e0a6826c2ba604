-- Every public key ever certified, and whose it is: a key is certified once (M 3.2.2).
CREATE TABLE IF NOT EXISTS ca_key (
    spki_sha256  {varchar:64}  NOT NULL,
    subscriber   {varchar:64}  NOT NULL,
    order_key    {varchar:80}  NOT NULL,
    PRIMARY KEY (spki_sha256)
) {table};
