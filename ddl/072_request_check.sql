-- 審驗: one examination inside a request. An edit reopens it.
CREATE TABLE IF NOT EXISTS request_check (
    id               {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,
    kind             {varchar:40}  NOT NULL,
    state            {varchar:12}  NOT NULL,
    officer          {varchar:60}  NULL,      -- who examined
    note             {text}        NOT NULL,
    figures          {text}        NOT NULL,  -- JSON: seal figures as the officer saw them
    payload_hash     {varchar:64}  NOT NULL,  -- SHA-256 of the payload it examined; empty while open
    times_reopened   {bigint}      NOT NULL,
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT request_check_once UNIQUE (request_id, kind),
    CONSTRAINT request_check_state CHECK (state IN ('open', 'passed', 'failed')),
    CONSTRAINT request_check_officer CHECK ((state = 'open') = (officer IS NULL))
) {table};
