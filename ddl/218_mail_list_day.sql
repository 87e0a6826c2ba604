-- The lists of a day.
CREATE INDEX IF NOT EXISTS mail_list_day ON mail_list (day);
