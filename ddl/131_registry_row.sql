-- A row of such a file that is about a subscriber of ours, or cannot be read. Never changed.
CREATE TABLE IF NOT EXISTS registry_row (
    id              {bigint}      NOT NULL,
    batch_id        {bigint}      NOT NULL,
    row_no          {bigint}      NOT NULL,  -- in the file, as a spreadsheet counts
    fate            {varchar:12}  NOT NULL,
    record_number   {varchar:80}  NOT NULL,  -- the register's own number of the change; may be empty
    id_number       {varchar:40}  NOT NULL,  -- of the entity; empty when it cannot be read
    row_key         {varchar:64}  NULL,      -- what the row says; none of a refused or repeated one
    request_id      {bigint}      NULL,      -- of a proposal
    duplicate_of    {varchar:24}  NOT NULL,  -- request or batch that has it already; else empty
    reasons         {text}        NOT NULL,  -- JSON list
    filed_at        {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT registry_row_place UNIQUE (batch_id, row_no),
    CONSTRAINT registry_row_once UNIQUE (row_key),
    CONSTRAINT registry_row_fate CHECK (fate IN ('no_effect', 'refused', 'duplicate', 'proposal')),
    CONSTRAINT registry_row_request CHECK ((fate = 'proposal') = (request_id IS NOT NULL)),
    CONSTRAINT registry_row_key CHECK ((fate IN ('proposal', 'no_effect')) = (row_key IS NOT NULL))
) {table};
