-- What must still happen: one row an effect or a nightly task (engine/queue). A row is never
-- removed, so that the same effect cannot be asked for twice.
-- due_us: ready: when it may run. leased: when the lease runs out and another worker may take it.
--         done, failed: when it ended.
-- owner: the process that holds the lease, so that a dead one's jobs need not wait for its end.
-- attempt: claims since it was last ready by decision; failures: times a machine did not answer.
CREATE TABLE IF NOT EXISTS job (
    id           {bigint} NOT NULL PRIMARY KEY,
    kind         {varchar:60} NOT NULL,
    job_key      {varchar:190} NOT NULL,
    subject      {bigint} NOT NULL,
    state        {varchar:10} NOT NULL,
    due_us       {bigint} NOT NULL,
    token        {bigint} NOT NULL,
    owner        {varchar:190},
    attempt      {bigint} NOT NULL,
    failures     {bigint} NOT NULL,
    last_code    {varchar:100},
    last_detail  {varchar:500},
    created_us   {bigint} NOT NULL,
    CONSTRAINT job_once UNIQUE (kind, job_key),
    CONSTRAINT job_state CHECK (state IN ('ready', 'leased', 'done', 'failed'))
) {table};
