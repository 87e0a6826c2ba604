-- What a subscriber asked for itself, with its password or its card, from before the CA is asked on.
-- open_key is 0 while the CA's answer is not kept and the row's own id afterwards, so that
-- certificate_application_open forbids two at once for certificates of one kind.
CREATE TABLE IF NOT EXISTS certificate_application (
    id               {bigint}      NOT NULL,
    subscriber_id    {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,  -- the approval it stands on
    kind             {varchar:12}  NOT NULL,
    profile          {varchar:60}  NOT NULL,
    order_key        {varchar:80}  NOT NULL,  -- how the order is named to the CA
    replaces_id      {bigint}      NULL,      -- certificate.id of the one it takes the place of
    csr              {blob}        NOT NULL,  -- PKCS#10, of a key file the public key: to finish it
    word             {blob}        NULL,      -- CMS signed with the card; none: the website password
    state            {varchar:12}  NOT NULL,
    open_key         {bigint}      NOT NULL,
    refusal          {varchar:64}  NOT NULL,  -- the error's code; empty: none
    applied_by       {varchar:64}  NOT NULL,  -- actor
    applied_at       {bigint}      NOT NULL,
    closed_at        {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT certificate_application_once UNIQUE (order_key),
    CONSTRAINT certificate_application_open UNIQUE (subscriber_id, profile, open_key),
    CONSTRAINT certificate_application_kind CHECK (kind IN ('first', 'renewal', 'rekey', 'key_file')),
    CONSTRAINT certificate_application_replaces CHECK
        ((kind IN ('first', 'key_file')) = (replaces_id IS NULL)),
    CONSTRAINT certificate_application_state CHECK (state IN ('open', 'issued', 'refused')),
    CONSTRAINT certificate_application_closed CHECK
        ((state = 'open') = (open_key = 0) AND (state = 'open') = (closed_at IS NULL))
) {table};
