-- When a slip left the office: handed over, posted or sent. What becomes of it later (used, void)
-- does not touch this.
CREATE TABLE IF NOT EXISTS slip_out (
    slip_id  {bigint} NOT NULL,
    out_at   {bigint} NOT NULL,
    PRIMARY KEY (slip_id)
) {table};
