-- What a print batch is printed on; a batch without a row is of the usual stock.
CREATE TABLE IF NOT EXISTS print_batch_stock (
    batch_id  {bigint}     NOT NULL,
    stock     {varchar:40} NOT NULL,  -- a name of templates/stocks.yaml
    PRIMARY KEY (batch_id)
) {table};
