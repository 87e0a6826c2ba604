-- An item on a list, as addressed then. off_list is 0 while it counts, and the row's own id once it
-- was left out at the post, so that it comes on another list; nothing is on two at once.
CREATE TABLE IF NOT EXISTS mail_list_line (
    id              {bigint}      NOT NULL,
    list_id         {bigint}      NOT NULL,
    line_no         {bigint}      NOT NULL,  -- from 1
    kind            {varchar:12}  NOT NULL,
    item            {varchar:24}  NOT NULL,  -- number of the parcel or slip
    tracking        {varchar:24}  NOT NULL,
    recipient_name  {varchar:300} NOT NULL,
    postal_code     {varchar:12}  NOT NULL,
    address         {varchar:1000} NOT NULL,
    off_list        {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT mail_list_line_once UNIQUE (list_id, line_no),
    CONSTRAINT mail_list_line_item UNIQUE (kind, item, off_list),
    CONSTRAINT mail_list_line_kind CHECK (kind IN ('parcel', 'slip'))
) {table};
