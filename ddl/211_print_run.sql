-- That a batch was decrypted for the printer, once: what its control sheet says.
CREATE TABLE IF NOT EXISTS print_run (
    batch_id     {bigint}     NOT NULL,
    actor        {varchar:64} NOT NULL,
    print_sha256 {varchar:64} NOT NULL,  -- of the file in the print queue; empty: nothing was left to print
    printed      {text}       NOT NULL,  -- JSON: kinds, numbers, pages, numbers of forms
    printed_at   {bigint}     NOT NULL,
    PRIMARY KEY (batch_id)
) {table};
