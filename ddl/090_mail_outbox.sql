-- Mails to be sent, one row each for one recipient; written in the transaction that wants the mail.
-- next_at NULL: nothing happens by itself (settled, held by a sender, or parked for a person).
-- token and lease_until: the sender that holds the row, and until when without a sign of life.
-- withdrawn: superseded while a sender held it; it ends as soon as the sender lets go.
CREATE TABLE IF NOT EXISTS mail_outbox (
    id            {bigint}       NOT NULL PRIMARY KEY,
    dedup_key     {varchar:120}  NOT NULL,
    message_id    {varchar:320}  NOT NULL,
    kind          {varchar:40}   NOT NULL,
    subject_ref   {bigint}       NOT NULL,
    recipient     {varchar:254}  NOT NULL,
    envelope_from {varchar:254}  NOT NULL,
    body_sha256   {varchar:64}   NOT NULL,
    body_size     {bigint}       NOT NULL,
    state         {varchar:12}   NOT NULL,
    failure       {varchar:40}   NOT NULL,
    withdrawn     {bigint}       NOT NULL,
    attempts      {bigint}       NOT NULL,
    doubts        {bigint}       NOT NULL,
    next_at       {bigint},
    give_up_at    {bigint}       NOT NULL,
    owner         {varchar:200},
    token         {bigint},
    lease_until   {bigint},
    last_code     {bigint}       NOT NULL,
    last_reply    {varchar:500}  NOT NULL,
    enqueued_at   {bigint}       NOT NULL,
    changed_at    {bigint}       NOT NULL,
    settled_at    {bigint},
    CONSTRAINT mail_outbox_once UNIQUE (dedup_key),
    CONSTRAINT mail_outbox_message_id UNIQUE (message_id),
    CONSTRAINT mail_outbox_state CHECK (state IN
        ('queued', 'sending', 'dot', 'sent', 'deferred', 'failed', 'indoubt', 'superseded')),
    CONSTRAINT mail_outbox_held CHECK ((state IN ('sending', 'dot')) = (token IS NOT NULL)),
    CONSTRAINT mail_outbox_lease CHECK ((token IS NULL) = (lease_until IS NULL)),
    CONSTRAINT mail_outbox_settled CHECK
        ((state IN ('sent', 'failed', 'superseded')) = (settled_at IS NOT NULL))
) {table};
