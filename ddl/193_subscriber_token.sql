-- 符記 (M 1.3.5.1), in place of `token` (112), whose states were too few: cards and key stores. A
-- subscriber has one primary card and any number of others. primary_key is 0 for a primary card that
-- is in use and the row's own id for every other row, so that subscriber_token_primary forbids a
-- second one, whoever writes it. Which state follows which: engine/subscribers/token_life.h.
CREATE TABLE IF NOT EXISTS subscriber_token (
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
    CONSTRAINT subscriber_token_once UNIQUE (order_key),
    CONSTRAINT subscriber_token_primary UNIQUE (subscriber_id, primary_key),
    CONSTRAINT subscriber_token_card UNIQUE (card_number),
    CONSTRAINT subscriber_token_page UNIQUE (state, id),  -- for lists of one state, by key
    CONSTRAINT subscriber_token_kind CHECK (kind IN ('primary', 'secondary', 'non_card')),
    CONSTRAINT subscriber_token_use CHECK
        (certificate_use IN ('both', 'signature', 'encryption')),
    CONSTRAINT subscriber_token_whole_card CHECK
        (kind = 'non_card' OR certificate_use = 'both'),
    CONSTRAINT subscriber_token_state CHECK
        (state IN ('ordered', 'personalised', 'shipped', 'at_counter', 'handed_over', 'accepted',
                   'suspended', 'lost', 'damaged', 'returned', 'retired')),
    CONSTRAINT subscriber_token_is_primary CHECK
        ((primary_key = 0) =
         (kind = 'primary' AND state NOT IN ('damaged', 'returned', 'retired')))
) {table};
