-- What came into the bounce mailbox, one row a file, so that each is judged once (RFC 3464).
-- file_name: its unique part in the Maildir, or that part's SHA-256 when it is long or not ASCII.
-- mail_id NULL: nobody's, or a message that is no report; it stays in the mailbox for a person.
CREATE TABLE IF NOT EXISTS mail_report (
    id        {bigint}       NOT NULL PRIMARY KEY,
    file_name {varchar:190}  NOT NULL,
    fate      {varchar:12}   NOT NULL,
    mail_id   {bigint},
    status    {varchar:12}   NOT NULL,
    taken_at  {bigint}       NOT NULL,
    CONSTRAINT mail_report_once UNIQUE (file_name),
    CONSTRAINT mail_report_fate CHECK (fate IN
        ('bounced', 'delayed', 'delivered', 'unmatched', 'other')),
    CONSTRAINT mail_report_matched CHECK
        ((fate IN ('unmatched', 'other')) = (mail_id IS NULL))
) {table};
