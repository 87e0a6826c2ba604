CREATE INDEX IF NOT EXISTS print_batch_by_state ON print_batch (state, id);
