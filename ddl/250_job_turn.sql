-- Whose turn a job of the night is: one row a job, taken by compare-and-set, so that one run at a
-- time goes on across all workers. token is 0 while nobody runs it.
CREATE TABLE IF NOT EXISTS job_turn (
    job          {varchar:40}   NOT NULL,
    token        {bigint}       NOT NULL,
    owner        {varchar:190}  NOT NULL,  -- the process; empty while nobody runs it
    lease_until  {bigint}       NOT NULL,
    planned_at   {bigint}       NOT NULL,  -- the planned time that was taken last
    PRIMARY KEY (job)
) {table};
