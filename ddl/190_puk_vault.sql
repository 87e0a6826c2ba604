-- PUKs of cards, each sealed (CMS EnvelopedData) to the unblock service: nobody else can read them. A
-- fresh one is stored before the card is told; until the card has answered, it has one of the two.
CREATE TABLE IF NOT EXISTS puk_vault (
    card_identity    {varchar:32}  NOT NULL,  -- what the card says of itself, hexadecimal
    current_puk      {blob}        NULL,      -- none: the one that the card came with
    next_puk         {blob}        NULL,      -- none: no change is under way
    tried            {varchar:8}   NOT NULL,  -- shown last while that was in doubt, answer unknown
    tries_left       {bigint}      NOT NULL,  -- of the card's PUK, at least
    opened_at        {bigint}      NULL,      -- the current one has been used since and must be changed
    changed_at       {bigint}      NOT NULL,
    PRIMARY KEY (card_identity),
    CONSTRAINT puk_vault_tried CHECK (tried IN ('none', 'current', 'next')),
    CONSTRAINT puk_vault_doubt CHECK (tried = 'none' OR next_puk IS NOT NULL),
    CONSTRAINT puk_vault_any CHECK (current_puk IS NOT NULL OR next_puk IS NOT NULL)
) {table};
