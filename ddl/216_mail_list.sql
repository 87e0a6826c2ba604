-- 大宗掛號函件 list: what is handed to the post at one time. Closed when it is made; posted once.
CREATE TABLE IF NOT EXISTS mail_list (
    id          {bigint}     NOT NULL,
    number      {varchar:24} NOT NULL,
    day         {varchar:10} NOT NULL,  -- in Taipei, 2026-11-20
    line_count  {bigint}     NOT NULL,
    closed_by   {varchar:64} NOT NULL,
    closed_at   {bigint}     NOT NULL,
    posted_by   {varchar:64} NULL,
    posted_at   {bigint}     NULL,
    PRIMARY KEY (id),
    CONSTRAINT mail_list_number UNIQUE (number)
) {table};
