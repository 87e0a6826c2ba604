-- How many mails went to a domain in the minute that began then, over all workers; and until when
-- those that were too many have been spread over the minutes to come.
CREATE TABLE IF NOT EXISTS mail_pace (
    domain     {varchar:190} NOT NULL PRIMARY KEY,
    minute_us  {bigint}      NOT NULL,
    used       {bigint}      NOT NULL,
    planned_us {bigint}      NOT NULL
) {table};
