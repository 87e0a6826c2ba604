-- 核定: what was decided, the exact bytes that were signed, and the officer's signature over them.
CREATE TABLE IF NOT EXISTS decision (
    id               {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,
    request_version  {bigint}      NOT NULL,  -- the version it decided on
    outcome          {varchar:12}  NOT NULL,
    officer          {varchar:60}  NOT NULL,
    reasons          {text}        NOT NULL,  -- JSON list of codes and texts for the applicant
    document         {text}        NOT NULL,  -- canonical JSON, as signed
    signature        {blob}        NOT NULL,  -- CMS, detached, CAdES-BES
    decided_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT decision_once UNIQUE (request_id, request_version),
    CONSTRAINT decision_outcome CHECK (outcome IN ('approve', 'reject', 'return', 'withdraw'))
) {table};
