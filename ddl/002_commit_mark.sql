-- The last unit of work each worker committed. When the connection is lost during COMMIT, this row
-- tells whether the server did it (engine/store/tx.cpp). Rows of dead workers are removed after a
-- day. SQLite always answers, so there it stays empty.
CREATE TABLE IF NOT EXISTS commit_mark (
    worker     {bigint} NOT NULL PRIMARY KEY,
    unit       {bigint} NOT NULL,
    marked_us  {bigint} NOT NULL
) {table};
