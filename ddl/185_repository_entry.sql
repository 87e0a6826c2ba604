-- What stands in the repository: certificates that their subscribers have accepted (M 4.3), by the
-- names in their subject. Serial number, state and content stay in their own tables.
CREATE TABLE IF NOT EXISTS repository_entry (
    certificate_id  {bigint}       NOT NULL,
    scheme          {varchar:40}   NOT NULL,
    name            {varchar:190}  NOT NULL,  -- as searches compare it; several names: a line each
    due_by          {bigint}       NOT NULL,  -- one working day after acceptance (M 2.6.2)
    published_at    {bigint}       NOT NULL,
    PRIMARY KEY (certificate_id),
    CONSTRAINT repository_entry_by_name UNIQUE (scheme, name, certificate_id)
) {table};
