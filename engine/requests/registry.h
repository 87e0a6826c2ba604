#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "intake/record.h"
#include "requests/request.h"
#include "store/tx.h"

// Files of the register (登記機關): a day's changes (M 4.4.3, M 4.4.7, M 4.4.9), an extract for
// direct issuance (M 4.2.1.2). Each row that concerns us becomes a request that an officer
// confirms.
namespace sealdesk::requests {

/// How a row of a register's file ended. There is no sixth way.
enum class RowFate {
    NotOurs,    ///< the entity has no certificate here: counted, no work
    NoEffect,   ///< the change touches no certificate (M 4.4.1 (5): a county's new name)
    Refused,    ///< it cannot be read, or breaks a rule
    Duplicate,  ///< the same row was taken in before
    Proposal,   ///< a request waits for an officer
};
/// "not_ours", "no_effect", "refused", "duplicate", "proposal".
[[nodiscard]] std::string_view to_text(RowFate fate);
[[nodiscard]] std::string_view to_chinese(RowFate fate);

struct RegistryBatch {
    RegistryBatchId id;
    std::string number;  ///< such as "B115-000001-2"
    std::string scheme;
    std::string form;
    std::string file_name;
    std::string file_sha256;
    std::string encoding;
    std::string imported_by;
    Instant started_at;
    std::optional<Instant> finished_at;
    std::int64_t last_row;  ///< taken in last, as a spreadsheet counts
    std::int64_t rows_read;
    std::int64_t rows_not_ours;
};

/// A row that was kept: all but those of others.
struct RegistryRow {
    std::int64_t row_number;
    RowFate fate;
    std::string record_number;  ///< the register's own number of the change
    std::string id_number;      ///< of the entity; empty when it could not be read
    std::string row_key;        ///< what the row says; empty of a refused or repeated one
    std::optional<RequestId> request;
    std::string duplicate_of;
    std::vector<intake::Reason> reasons;
};

[[nodiscard]] Result<RegistryBatch> find_registry_batch(store::Tx& tx, std::string_view number);

/// Batches in order of their start, at most `limit` after the given id (0: from the first).
[[nodiscard]] std::vector<RegistryBatch> list_registry_batches(store::Tx& tx, std::int64_t after,
                                                               int limit);

/// Kept rows of a batch in the file's order, at most `limit` after the given row number.
[[nodiscard]] std::vector<RegistryRow> rows_of_batch(store::Tx& tx, RegistryBatchId batch,
                                                     std::int64_t after_row, int limit);

/// How many rows of a batch ended how, rows of others among them.
[[nodiscard]] std::map<RowFate, std::int64_t> count_rows(store::Tx& tx, const RegistryBatch& batch);

/// One ledger of the day report: rows read, counted by the batches; how they ended, counted from
/// the rows and their requests.
struct RegistryCounts {
    std::int64_t read = 0;
    std::int64_t ended = 0;      ///< not ours, no effect, refused, duplicate, requests closed
    std::int64_t open = 0;       ///< requests not closed
    std::int64_t proposals = 0;  ///< requests ever made of rows
};
[[nodiscard]] RegistryCounts count_registry(store::Tx& tx);

}  // namespace sealdesk::requests
