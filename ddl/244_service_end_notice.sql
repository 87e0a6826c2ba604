-- A holder who was told of the end: once.
CREATE TABLE IF NOT EXISTS service_end_notice (
    scheme         {varchar:40} NOT NULL,
    subscriber_id  {bigint}     NOT NULL,
    way            {varchar:12} NOT NULL,
    told_at        {bigint}     NOT NULL,
    PRIMARY KEY (scheme, subscriber_id),
    CONSTRAINT service_end_notice_way CHECK (way IN ('mail', 'letter', 'none'))
) {table};
