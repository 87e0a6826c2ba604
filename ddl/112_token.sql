-- 符記 (M 1.3.5.1): cards and key stores. A subscriber has one primary card and any number of
-- others. primary_key is 0 for a primary card that is in use and the row's own id for every other
-- row, so that token_one_primary forbids a second one, whoever writes it.
CREATE TABLE IF NOT EXISTS token (
    id               {bigint}      NOT NULL,
    subscriber_id    {bigint}      NOT NULL,
    order_key        {varchar:80}  NOT NULL,  -- what ordered it: one token an order
    kind             {varchar:12}  NOT NULL,
    certificate_use  {varchar:12}  NOT NULL,  -- which certificates it carries
    state            {varchar:12}  NOT NULL,
    primary_key      {bigint}      NOT NULL,
    card_number      {varchar:40}  NULL,      -- none until the card is made
    ordered_at       {bigint}      NOT NULL,
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT token_once UNIQUE (order_key),
    CONSTRAINT token_one_primary UNIQUE (subscriber_id, primary_key),
    CONSTRAINT token_card UNIQUE (card_number),
    CONSTRAINT token_kind CHECK (kind IN ('primary', 'secondary', 'non_card')),
    CONSTRAINT token_use CHECK (certificate_use IN ('both', 'signature', 'encryption')),
    CONSTRAINT token_whole_card CHECK (kind = 'non_card' OR certificate_use = 'both'),
    CONSTRAINT token_state CHECK
        (state IN ('ordered', 'made', 'at_counter', 'handed_over', 'accepted', 'ended')),
    CONSTRAINT token_is_primary CHECK ((primary_key = 0) = (kind = 'primary' AND state <> 'ended'))
) {table};
