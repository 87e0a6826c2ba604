-- Registered seals (specimens). One current row per subscriber and role; earlier ones are kept.
-- The picture is a file known by its SHA-256. current_key is 0 for the current row and the row's
-- own id for a superseded one, so that seal_specimen_current forbids two current rows.
CREATE TABLE IF NOT EXISTS seal_specimen (
    id              {bigint}     NOT NULL PRIMARY KEY,
    subscriber_id   {bigint}     NOT NULL,
    role            {varchar:12} NOT NULL,
    picture_sha     {varchar:64} NOT NULL,
    registered_from {bigint}     NOT NULL,
    state           {varchar:12} NOT NULL,
    current_key     {bigint}     NOT NULL,
    registered_at   {bigint}     NOT NULL,
    superseded_at   {bigint}     NULL,
    CONSTRAINT seal_specimen_current UNIQUE (subscriber_id, role, current_key),
    CONSTRAINT seal_specimen_role CHECK (role IN ('applicant', 'responsible')),
    CONSTRAINT seal_specimen_state CHECK (state IN ('current', 'superseded')),
    CONSTRAINT seal_specimen_superseded CHECK
        ((state = 'superseded') = (superseded_at IS NOT NULL)
         AND (state = 'current') = (current_key = 0))
) {table};
