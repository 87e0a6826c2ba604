-- Fields that a second person keys blind, where a form asks for it.
CREATE TABLE IF NOT EXISTS request_keying (
    id            {bigint}      NOT NULL,
    request_id    {bigint}      NOT NULL,
    field         {varchar:40}  NOT NULL,
    state         {varchar:12}  NOT NULL,
    first_by      {varchar:60}  NOT NULL,  -- who keyed the value that the request has
    second_by     {varchar:60}  NULL,
    second_value  {text}        NULL,      -- only while it differs
    settled_by    {varchar:60}  NULL,
    changed_at    {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT request_keying_once UNIQUE (request_id, field),
    CONSTRAINT request_keying_state CHECK (state IN ('open', 'same', 'differs', 'settled')),
    CONSTRAINT request_keying_value CHECK ((state = 'differs') = (second_value IS NOT NULL))
) {table};
