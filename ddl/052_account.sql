-- 憑證作業網站帳號: one a subscriber. A verifier is the only trace of a password.
CREATE TABLE IF NOT EXISTS account (
    id               {bigint}      NOT NULL,
    subscriber_id    {bigint}      NOT NULL,
    name             {varchar:40}  NOT NULL,  -- what the subscriber types
    state            {varchar:12}  NOT NULL,
    verifier         {varchar:300} NULL,      -- none while the slip is being made
    must_change      {bigint}      NOT NULL,  -- 1: the first login forces a new password (T 4.3.2)
    failures         {bigint}      NOT NULL,  -- consecutive wrong passwords (T 4.1.2)
    generation       {bigint}      NOT NULL,  -- grows with every new slip; older slips are void
    created_at       {bigint}      NOT NULL,
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT account_subscriber UNIQUE (subscriber_id),
    CONSTRAINT account_name UNIQUE (name),
    CONSTRAINT account_state CHECK (state IN ('waiting', 'active', 'suspended')),
    CONSTRAINT account_has_verifier CHECK (state <> 'active' OR verifier IS NOT NULL)
) {table};
