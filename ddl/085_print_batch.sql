-- One run of the printer: one file, encrypted to the print room, decrypted once.
CREATE TABLE IF NOT EXISTS print_batch (
    id           {bigint}     NOT NULL,
    number       {varchar:24} NOT NULL,
    state        {varchar:12} NOT NULL,
    parts        {text}       NULL,      -- JSON: the manifest's list of files and items
    file_sha256  {varchar:64} NULL,      -- of the main encrypted file
    items        {bigint}     NOT NULL,
    slips        {bigint}     NOT NULL,
    pages        {bigint}     NOT NULL,
    version      {bigint}     NOT NULL,
    created_at   {bigint}     NOT NULL,
    made_at      {bigint}     NULL,
    printed_at   {bigint}     NULL,
    closed_at    {bigint}     NULL,
    PRIMARY KEY (id),
    CONSTRAINT print_batch_number UNIQUE (number),
    CONSTRAINT print_batch_state CHECK (state IN ('making', 'ready', 'printing', 'printed', 'closed')),
    CONSTRAINT print_batch_made CHECK (state = 'making' OR (made_at IS NOT NULL AND parts IS NOT NULL))
) {table};
