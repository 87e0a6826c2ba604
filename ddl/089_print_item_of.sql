CREATE INDEX IF NOT EXISTS print_item_of ON print_item (batch_id, id);
