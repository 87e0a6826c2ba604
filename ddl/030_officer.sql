-- The RA's people (M 1.3.2, 5.2). Nobody is deleted: past decisions name them.
CREATE TABLE IF NOT EXISTS officer (
    id            {bigint}      NOT NULL,
    login         {varchar:40}  NOT NULL,  -- lower case
    display_name  {varchar:80}  NOT NULL,
    roles         {varchar:80}  NOT NULL,  -- sorted, separated by commas
    certificate   {blob}        NOT NULL,  -- DER; decisions are verified with it
    state         {varchar:12}  NOT NULL,
    version       {bigint}      NOT NULL,  -- grows by one with every change
    added_at      {bigint}      NOT NULL,
    changed_at    {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT officer_login UNIQUE (login),
    CONSTRAINT officer_state CHECK (state IN ('active', 'suspended'))
) {table};
