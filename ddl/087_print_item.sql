-- One letter, receipt or slip on its way to paper, in the order of parcels.
CREATE TABLE IF NOT EXISTS print_item (
    id            {bigint}      NOT NULL,
    dedup_key     {varchar:120} NOT NULL,  -- the effect's own key: asked for twice, printed once
    kind          {varchar:12}  NOT NULL,
    request_id    {bigint}      NOT NULL,
    slip_id       {bigint}      NULL,      -- of a slip, or of the slip whose opening code a receipt carries
    delivery      {varchar:12}  NOT NULL,  -- how the parcel leaves the office
    parcel_rank   {bigint}      NOT NULL,  -- letter 1, receipt 2, slip 3
    scheme        {varchar:40}  NOT NULL,
    template_name {varchar:40}  NOT NULL,
    fields        {text}        NOT NULL,  -- JSON: what the template takes; never a secret
    sealed        {blob}        NULL,      -- a page with an opening code, encrypted to the print room
    sealed_pages  {bigint}      NULL,
    state         {varchar:12}  NOT NULL,
    batch_id      {bigint}      NULL,
    created_at    {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT print_item_once UNIQUE (dedup_key),
    CONSTRAINT print_item_kind CHECK (kind IN ('letter', 'receipt', 'slip')),
    CONSTRAINT print_item_delivery CHECK (delivery IN ('counter', 'post')),
    CONSTRAINT print_item_state CHECK (state IN ('waiting', 'batched', 'printed', 'void')),
    CONSTRAINT print_item_batched CHECK (state IN ('waiting', 'void') OR batch_id IS NOT NULL)
) {table};
