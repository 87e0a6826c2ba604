-- Certificates that officers signed with before they had another one (M 1.3.2): decisions of that
-- time are verified with them. Rows are only added.
CREATE TABLE IF NOT EXISTS officer_certificate (
    id           {bigint}      NOT NULL,
    officer_id   {bigint}      NOT NULL,
    certificate  {blob}        NOT NULL,  -- DER
    replaced_for {varchar:12}  NOT NULL,
    replaced_at  {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT officer_certificate_why CHECK (replaced_for IN ('expiring', 'damaged', 'lost'))
) {table};
