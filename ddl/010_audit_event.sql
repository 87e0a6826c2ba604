-- What happened, in one chain: each row's hash covers the row and the hash before it
-- (engine/audit/chain.h says over which bytes). Rows are only ever added.
CREATE TABLE IF NOT EXISTS audit_event (
    sequence  {bigint}      NOT NULL,  -- 1, 2, 3 ... without gaps
    at        {bigint}      NOT NULL,
    kind      {varchar:64}  NOT NULL,
    actor     {varchar:64}  NOT NULL,
    subject   {varchar:64}  NOT NULL,
    detail    {text}        NOT NULL,  -- JSON as it was hashed; never personal data (M 2.8.1)
    hash      {varchar:64}  NOT NULL,  -- SHA-256, hexadecimal
    PRIMARY KEY (sequence)
) {table};
