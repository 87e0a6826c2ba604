-- What a request costs, in whole New Taiwan dollars, and the receipt it appears on.
CREATE TABLE IF NOT EXISTS fee_line (
    id               {bigint}      NOT NULL,
    request_id       {bigint}      NOT NULL,
    item             {varchar:40}  NOT NULL,  -- the scheme's name of the fee
    amount_twd       {bigint}      NOT NULL,
    receipt_number   {varchar:24}  NOT NULL,
    charged_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fee_line_once UNIQUE (request_id, item)
) {table};
