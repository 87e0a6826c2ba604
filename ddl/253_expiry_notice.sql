-- What was said, or why nothing was said, of the end of a certificate: each stage at most once
-- (T 4.4.2, P 4). address_key groups what goes to one mail box: SHA-256 of the address, or of the
-- subscriber where no address is known.
CREATE TABLE IF NOT EXISTS expiry_notice (
    id              {bigint}      NOT NULL,
    certificate_id  {bigint}      NOT NULL,
    scheme          {varchar:40}  NOT NULL,
    stage           {varchar:8}   NOT NULL,  -- "1m": a month before, "45d": 45 days
    state           {varchar:10}  NOT NULL,
    reason          {varchar:20}  NOT NULL,  -- why nothing was said; else empty
    address_key     {varchar:64}  NOT NULL,
    found_at        {bigint}      NOT NULL,
    settled_at      {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT expiry_notice_once UNIQUE (certificate_id, stage),
    CONSTRAINT expiry_notice_state CHECK (state IN ('due', 'mailed', 'printed', 'skipped')),
    CONSTRAINT expiry_notice_settled CHECK ((state = 'due') = (settled_at IS NULL)),
    CONSTRAINT expiry_notice_reason CHECK ((state = 'skipped') = (reason <> ''))
) {table};
