-- A card that was taken from the stock, from its first step at the station. live_key is 0 while the
-- card is in work or complete and the row's own id once it is spoiled, so that card_one_a_token
-- forbids a second live card for one token, whoever writes it.
CREATE TABLE IF NOT EXISTS card (
    id             {bigint}      NOT NULL,
    identity       {varchar:32}  NOT NULL,  -- written into the card; hexadecimal
    token_id       {bigint}      NOT NULL,
    live_key       {bigint}      NOT NULL,
    number         {varchar:40}  NOT NULL,  -- printed on the card
    state          {varchar:12}  NOT NULL,
    step           {varchar:12}  NOT NULL,  -- the last that is certainly done
    signature_csr  {blob}        NULL,      -- PKCS#10 by the key made in the card
    encryption_csr {blob}        NULL,
    pin_page       {blob}        NULL,      -- the PIN slip, encrypted to the print room, until the card is complete
    pin_pages      {bigint}      NULL,
    spoiled_why    {varchar:60}  NULL,
    actor          {varchar:64}  NOT NULL,  -- who works at the station
    version        {bigint}      NOT NULL,
    begun_at       {bigint}      NOT NULL,
    changed_at     {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT card_identity UNIQUE (identity),
    CONSTRAINT card_number UNIQUE (number),
    CONSTRAINT card_one_a_token UNIQUE (token_id, live_key),
    CONSTRAINT card_state CHECK (state IN ('in_work', 'complete', 'spoiled')),
    CONSTRAINT card_step CHECK (step IN ('reserved', 'named', 'keyed', 'certified', 'written', 'pin_set', 'puk_set', 'complete')),
    CONSTRAINT card_is_live CHECK ((live_key = 0) = (state <> 'spoiled')),
    CONSTRAINT card_is_complete CHECK (state <> 'complete' OR (step = 'complete' AND pin_page IS NULL)),
    CONSTRAINT card_why CHECK ((spoiled_why IS NULL) = (state <> 'spoiled'))
) {table};
