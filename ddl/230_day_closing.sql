-- Which day's books were closed with which sums: one row a day, never changed. Each document names
-- the hash of the one before and the audit log's end, and is signed with the audit key (M 4.5), so
-- that neither a sum nor a day can be changed or taken out unseen.
CREATE TABLE IF NOT EXISTS day_closing (
    number      {bigint}      NOT NULL,  -- 1, 2, 3 … without gaps
    day         {varchar:10}  NOT NULL,  -- 2026-11-27, in Taipei
    difference  {bigint}      NOT NULL,  -- of all ledgers together, each taken as positive; 0: closed
    document    {text}        NOT NULL,  -- canonical JSON, as signed
    signature   {blob}        NOT NULL,  -- CMS, detached, DER
    closed_at   {bigint}      NOT NULL,
    PRIMARY KEY (number),
    CONSTRAINT day_closing_day UNIQUE (day)
) {table};
