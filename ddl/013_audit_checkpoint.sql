-- Signed statements "the chain up to here has this hash" (M 4.5; CIMC FPT_CIMC_TSP.1), by a key
-- used for nothing else. Each names the one before, and a copy of each leaves the database.
CREATE TABLE IF NOT EXISTS audit_checkpoint (
    number     {bigint}       NOT NULL,  -- 1, 2, 3 ... without gaps
    sequence   {bigint}       NOT NULL,  -- of the last event it covers
    document   {varchar:1000} NOT NULL,  -- JSON as it was signed
    signature  {blob}         NOT NULL,  -- CMS, detached, DER
    PRIMARY KEY (number),
    CONSTRAINT audit_checkpoint_once UNIQUE (sequence)
) {table};
