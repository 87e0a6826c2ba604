-- The number that tells one subscriber's certificates from another's of the same name: the
-- serialNumber of their subject (M 3.1.4, M 3.1.5).
CREATE TABLE IF NOT EXISTS subject_number (
    subscriber_id    {bigint}      NOT NULL,
    number           {varchar:40}  NOT NULL,
    PRIMARY KEY (subscriber_id),
    CONSTRAINT subject_number_once UNIQUE (number)
) {table};
