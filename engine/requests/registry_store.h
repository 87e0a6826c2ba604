#pragma once

#include <set>
#include <span>

#include "requests/registry.h"

// SQL of the register's batches; nothing outside this room includes it.
namespace sealdesk::requests {

[[nodiscard]] std::optional<RegistryBatch> registry_batch_of_file(store::Tx& tx,
                                                                  std::string_view sha256,
                                                                  std::string_view scheme,
                                                                  std::string_view form);
void insert_registry_batch(store::Tx& tx, const RegistryBatch& batch);

/// Adds a chunk's counts to a batch that was seen in a certain state and moves its last row on;
/// false when somebody else imports the same file.
bool advance_registry_batch(store::Tx& tx, const RegistryBatch& seen, std::int64_t last_row,
                            std::int64_t rows_read, std::int64_t rows_not_ours);
void finish_registry_batch(store::Tx& tx, RegistryBatchId batch);

void insert_registry_rows(store::Tx& tx, RegistryBatchId batch, std::span<const RegistryRow> rows);

/// Of these keys those that are filed, each with its request's number (or, of a row without
/// effect, its batch's).
[[nodiscard]] std::map<std::string, std::string> filed_row_keys(store::Tx& tx,
                                                                std::span<const std::string> keys);

}  // namespace sealdesk::requests
