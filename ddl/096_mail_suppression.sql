-- Addresses (lower case) that the world has refused for good: mails to them fail at once, visibly,
-- until an officer lifts it.
CREATE TABLE IF NOT EXISTS mail_suppression (
    address {varchar:254} NOT NULL PRIMARY KEY,
    reason  {varchar:40}  NOT NULL,
    mail_id {bigint}      NOT NULL,
    since   {bigint}      NOT NULL
) {table};
