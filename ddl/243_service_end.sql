-- The end of a scheme's service (M 4.9): ordered by an administrator, seconded by another person, and
-- how far its chunks have come. One a scheme.
CREATE TABLE IF NOT EXISTS service_end (
    scheme           {varchar:40} NOT NULL,
    end_day          {varchar:10} NOT NULL,  -- ISO: the last day of service
    ordered_by       {varchar:60} NOT NULL,
    ordered_at       {bigint}     NOT NULL,
    document         {text}       NOT NULL,  -- canonical JSON, as both signed it
    signature        {blob}       NOT NULL,  -- CMS, detached, CAdES-BES
    seconded_by      {varchar:60} NULL,
    seconded_at      {bigint}     NULL,
    second_signature {blob}       NULL,
    told_after       {bigint}     NOT NULL,  -- this round told the holders of certificates up to this id; 0: none runs
    revoked_after    {bigint}     NOT NULL,  -- the same of revocations asked for
    revoke_round     {bigint}     NOT NULL,  -- a later round finds what was issued at the same moment
    revoked_at       {bigint}     NULL,      -- when the first was; from then on nothing is issued
    PRIMARY KEY (scheme),
    CONSTRAINT service_end_two_people CHECK (seconded_by IS NULL OR seconded_by <> ordered_by),
    CONSTRAINT service_end_seconded CHECK ((seconded_by IS NULL) = (second_signature IS NULL)),
    CONSTRAINT service_end_revoked CHECK (revoked_at IS NULL OR seconded_by IS NOT NULL)
) {table};
