-- 補正: each time a form is with its applicant, from the return to its end.
CREATE TABLE IF NOT EXISTS request_return (
    id               {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,
    request_version  {bigint}      NOT NULL,  -- the version that the return decided on
    open_request     {bigint}      NULL,      -- request_id while it lasts: one at a time
    returned_at      {bigint}      NOT NULL,
    due_before       {bigint}      NULL,      -- the promised end when the clock was stopped
    last_day         {bigint}      NULL,      -- its midnight; handed in on it counts; none: no end
    remind_at        {bigint}      NULL,      -- none: no reminder, or done
    close_at         {bigint}      NULL,      -- none: no end, or over
    ending           {varchar:12}  NULL,
    ended_at         {bigint}      NULL,
    PRIMARY KEY (id),
    CONSTRAINT request_return_once UNIQUE (request_id, request_version),
    CONSTRAINT request_return_open UNIQUE (open_request),
    CONSTRAINT request_return_ending CHECK (ending IN ('resubmitted', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT request_return_ended CHECK ((ending IS NULL) = (open_request IS NOT NULL))
) {table};
