-- Mails that came back, and the day report's count of them.
CREATE INDEX IF NOT EXISTS mail_report_by_fate ON mail_report (fate, mail_id, taken_at);
