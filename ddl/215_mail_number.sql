-- Registered-mail numbers come from the post as rolls of labels: a series, and which of it comes
-- next. Taken by compare-and-set on next_no.
CREATE TABLE IF NOT EXISTS mail_number (
    id           {bigint}      NOT NULL,
    pattern      {varchar:40}  NOT NULL,  -- # running digits, * check digit
    check_rule   {varchar:12}  NOT NULL,
    first_no     {bigint}      NOT NULL,
    last_no      {bigint}      NOT NULL,
    next_no      {bigint}      NOT NULL,
    actor        {varchar:64}  NOT NULL,
    received_at  {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT mail_number_range CHECK (first_no <= last_no AND next_no <= last_no + 1)
) {table};
