-- An account slip that left the office, until its password is used: how it was locked, and what time
-- brings to it. A slip on paper is here only where its scheme lets it run out.
CREATE TABLE IF NOT EXISTS slip_wait (
    slip_id      {bigint}     NOT NULL,
    lock_kind    {varchar:12} NOT NULL,  -- what its reader opens it with
    certificate  {varchar:64} NULL,      -- serial number of the one it is encrypted to
    left_at      {bigint}     NOT NULL,
    state        {varchar:12} NOT NULL,
    due_at       {bigint}     NULL,      -- when the next step is due: of waiting the reminder, of reminded the end
    void_at      {bigint}     NULL,      -- when it is voided; its reader was told
    reminded_at  {bigint}     NULL,
    bounced_at   {bigint}     NULL,      -- its mail came back
    bounce       {varchar:12} NULL,
    PRIMARY KEY (slip_id),
    CONSTRAINT slip_wait_lock CHECK (lock_kind IN ('certificate', 'code', 'paper')),
    CONSTRAINT slip_wait_certificate CHECK ((lock_kind = 'certificate') = (certificate IS NOT NULL)),
    CONSTRAINT slip_wait_state CHECK (state IN ('waiting', 'reminded', 'ended')),
    CONSTRAINT slip_wait_bounce CHECK (bounce IN ('passing', 'permanent')),
    CONSTRAINT slip_wait_bounced CHECK ((bounced_at IS NULL) = (bounce IS NULL))
) {table};
