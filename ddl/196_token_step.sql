-- The way of a token: rows are only added. What an event does to the certificates is not here: the
-- table of the program says it (engine/subscribers/token_life.h).
CREATE TABLE IF NOT EXISTS token_step (
    token_id     {bigint}      NOT NULL,
    step_no      {bigint}      NOT NULL,  -- from 1
    event        {varchar:20}  NOT NULL,
    from_state   {varchar:12}  NOT NULL,
    state        {varchar:12}  NOT NULL,  -- what the token came to
    actor        {varchar:64}  NOT NULL,
    reason       {varchar:300} NOT NULL,  -- of what a person did; else empty
    taken_at     {bigint}      NOT NULL,
    PRIMARY KEY (token_id, step_no)
) {table};
