-- Figures of seal comparisons, one row per request, role, pair of pictures and algorithm.
CREATE TABLE IF NOT EXISTS seal_comparison (
    id             {bigint}     NOT NULL PRIMARY KEY,
    request_id     {bigint}     NOT NULL,
    role           {varchar:12} NOT NULL,
    specimen_sha   {varchar:64} NOT NULL,
    impression_sha {varchar:64} NOT NULL,
    algorithm      {varchar:20} NOT NULL,
    figures        {text}       NOT NULL,
    compared_at    {bigint}     NOT NULL,
    CONSTRAINT seal_comparison_once
        UNIQUE (request_id, role, specimen_sha, impression_sha, algorithm),
    CONSTRAINT seal_comparison_role CHECK (role IN ('applicant', 'responsible'))
) {table};
