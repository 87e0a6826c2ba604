-- Which certificates their subscribers have accepted (M 4.3): only these may be published.
CREATE TABLE IF NOT EXISTS certificate_acceptance (
    certificate_id   {bigint}      NOT NULL,
    accepted_by      {varchar:64}  NOT NULL,  -- actor
    accepted_at      {bigint}      NOT NULL,
    PRIMARY KEY (certificate_id)
) {table};
