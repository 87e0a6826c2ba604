-- 密碼單: carries one secret to one subscriber. The secret itself is never here.
CREATE TABLE IF NOT EXISTS slip (
    id                 {bigint}       NOT NULL,
    sequence           {bigint}       NOT NULL,  -- 1, 2, 3 … without gaps: the largest is how many there were
    number             {varchar:24}   NOT NULL,  -- printed as Code 128, with a check digit
    scheme             {varchar:40}   NOT NULL,
    template_name      {varchar:40}   NOT NULL,
    request_id         {bigint}       NOT NULL,
    request_number     {varchar:24}   NOT NULL,
    account_id         {bigint}       NOT NULL,
    account_generation {bigint}       NOT NULL,  -- of the password this slip carries
    account_name       {varchar:40}   NOT NULL,
    password_length    {bigint}       NOT NULL,
    delivery           {varchar:12}   NOT NULL,
    state              {varchar:12}   NOT NULL,
    recipient_name     {varchar:300}  NOT NULL,
    postal_code        {varchar:12}   NOT NULL,
    recipient_address  {varchar:1000} NOT NULL,
    fields             {text}         NOT NULL,  -- JSON: further fields of the template
    replaces_id        {bigint}       NULL,      -- the lost slip this one stands for
    batch_id           {bigint}       NULL,
    tracking_number    {varchar:24}   NULL,      -- registered mail (T 3.2.6)
    void_reason        {varchar:40}   NULL,
    version            {bigint}       NOT NULL,  -- grows by one with every change
    created_at         {bigint}       NOT NULL,
    ended_at           {bigint}       NULL,      -- when it was handed over, posted, sent, used or voided
    PRIMARY KEY (id),
    CONSTRAINT slip_number UNIQUE (number),
    CONSTRAINT slip_sequence UNIQUE (sequence),
    CONSTRAINT slip_once_a_password UNIQUE (account_id, account_generation),
    CONSTRAINT slip_delivery CHECK (delivery IN ('counter', 'post', 'electronic')),
    CONSTRAINT slip_state CHECK (state IN ('waiting', 'batched', 'printed', 'handed_over', 'posted', 'sent', 'used', 'void')),
    CONSTRAINT slip_ended CHECK ((ended_at IS NULL) = (state IN ('waiting', 'batched', 'printed'))),
    CONSTRAINT slip_posted CHECK (state <> 'posted' OR tracking_number IS NOT NULL),
    CONSTRAINT slip_voided CHECK (state <> 'void' OR void_reason IS NOT NULL)
) {table};
