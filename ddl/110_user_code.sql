-- 用戶代碼 (M 4.1.1.1): one a subscriber. A verifier is the only trace of a code.
CREATE TABLE IF NOT EXISTS user_code (
    subscriber_id    {bigint}      NOT NULL,
    state            {varchar:12}  NOT NULL,
    verifier         {varchar:300} NOT NULL,
    preset           {bigint}      NOT NULL,  -- 1: made from registry data, changed at acceptance (M 4.3.2)
    failures         {bigint}      NOT NULL,  -- consecutive wrong codes
    generation       {bigint}      NOT NULL,  -- grows with every new code
    set_at           {bigint}      NOT NULL,
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (subscriber_id),
    CONSTRAINT user_code_state CHECK (state IN ('active', 'locked'))
) {table};
