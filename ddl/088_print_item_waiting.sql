CREATE INDEX IF NOT EXISTS print_item_waiting ON print_item (state, delivery, request_id, parcel_rank, id);
