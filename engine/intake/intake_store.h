#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.h"
#include "intake/evaluate.h"
#include "store/tx.h"

namespace sealdesk::intake {

/// How a submission ended at the door. There is no fourth way.
enum class FateKind { Accepted, Refused, Duplicate };
[[nodiscard]] std::string_view name_of(FateKind fate);  ///< "accepted", "refused", "duplicate"

/// Rows a chunk's transaction has: enough to share a commit (measured: 100 to 1,000 rows), few
/// enough that a chunk's memory does not show.
inline constexpr std::size_t kChunkRows = 200;

struct NewBatch {
    std::string file_name;  ///< base name only: a path can hold personal data
    std::string file_sha256;
    std::string scheme;
    std::string form;
    std::string form_version;
    std::string encoding;
};

/// One data file's stay at the door.
struct Batch {
    BatchId id;
    NewBatch file;
    Instant started_at;
    std::optional<Instant> finished_at;
    std::int64_t accepted;  ///< submissions filed, by fate; each row once, however often imported
    std::int64_t refused;
    std::int64_t duplicate;
};

/// The batch of this file (by its SHA-256, scheme and form), or a new one: importing a file
/// again, after a crash or by mistake, goes on with the same batch.
BatchId find_or_start_batch(store::Tx& tx, const NewBatch& batch);
void finish_batch(store::Tx& tx, BatchId batch);
[[nodiscard]] std::optional<Batch> find_batch(store::Tx& tx, BatchId batch);

/// Batches in order of their start, `count` after the given one (none: from the first).
[[nodiscard]] std::vector<Batch> list_batches(store::Tx& tx, std::optional<BatchId> after,
                                              std::int64_t count);

/// A submission as it is written down.
struct NewSubmission {
    SubmissionId id;  ///< from tx.new_id()
    BatchId batch;
    std::int64_t row_number;
    std::string record_number;
    std::string row_key;
    FateKind fate;
    std::optional<RequestId> request;  ///< of an accepted one
    std::string request_number;        ///< of an accepted one, as shown; else ""
    std::string duplicate_of;          ///< request number; only of a duplicate
    std::string reasons;               ///< reasons_to_json
    std::string payload;               ///< Draft::payload
    std::vector<Scan> scans;           ///< bytes are not stored here but in the FileStore
};

/// What a row's fate was when it was first imported.
struct KnownSubmission {
    SubmissionId id;
    FateKind fate;
    std::string request_number;
    std::string duplicate_of;
    std::vector<Reason> reasons;
    BatchId batch;            ///< where it was filed: the same form twice in one file is found by
    std::int64_t row_number;  ///< these two, without remembering all rows of the file
};

/// Earlier fates by row key; keys without one are absent. Asked once a chunk.
[[nodiscard]] std::map<std::string, KnownSubmission> find_submissions_by_key(
    store::Tx& tx, std::span<const std::string> keys);

/// Files the submissions and their scans and adds to the batch's counts, by multi-row INSERTs.
/// All of one call belong to one batch. A row key that exists is the database's Duplicate
/// trouble (transact repeats the unit of work, which looks first).
void save_submissions(store::Tx& tx, std::span<const NewSubmission> submissions);

/// A data file or ZIP that was refused as a whole.
struct RefusedFile {
    std::string file_name;    ///< base name only
    std::string file_sha256;  ///< of its bytes, lower-case hex
    std::string code;         ///< of the error
};

/// Notes the refusal; false when the same file was refused for the same reason before.
bool note_refused_file(store::Tx& tx, const RefusedFile& file);
/// How many files were refused as a whole in [from, until).
[[nodiscard]] std::int64_t count_refused_files(store::Tx& tx, Instant from, Instant until);

/// How many submissions there are by fate, filed in [from, until): one side of the day's ledger.
struct FateCounts {
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicate = 0;
};
[[nodiscard]] FateCounts count_submissions(store::Tx& tx, Instant from, Instant until);

}  // namespace sealdesk::intake
