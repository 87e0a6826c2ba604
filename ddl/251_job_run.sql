-- What each run of a job did: one row a planned time, a call by hand, or a day of a job that always
-- runs.
CREATE TABLE IF NOT EXISTS job_run (
    id          {bigint}      NOT NULL,
    job         {varchar:40}  NOT NULL,
    cause       {varchar:8}   NOT NULL,
    planned_at  {bigint}      NOT NULL,  -- of a call by hand its start, of a day its midnight
    state       {varchar:8}   NOT NULL,
    started_at  {bigint}      NOT NULL,
    ended_at    {bigint}      NULL,
    busy_us     {bigint}      NOT NULL,  -- how long it worked
    due         {bigint}      NOT NULL,
    done        {bigint}      NOT NULL,
    failed      {bigint}      NOT NULL,
    deferred    {bigint}      NOT NULL,
    trouble     {varchar:64}  NOT NULL,  -- code of the error; empty: none
    PRIMARY KEY (id),
    CONSTRAINT job_run_once UNIQUE (job, cause, planned_at),
    CONSTRAINT job_run_cause CHECK (cause IN ('plan', 'hand', 'always')),
    CONSTRAINT job_run_state CHECK (state IN ('running', 'done', 'failed', 'stopped', 'missed')),
    CONSTRAINT job_run_ended CHECK ((state = 'running') = (ended_at IS NULL))
) {table};
