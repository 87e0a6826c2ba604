#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/chain.h"
#include "audit/export.h"
#include "base/clock.h"
#include "store/tx.h"

/// The audit room's tables; for this room only.
namespace sealdesk::audit {

/// The end of the chain.
struct Head {
    std::int64_t sequence = 0;
    std::string hash{kChainStart};
};

/// One signed checkpoint as stored.
struct StoredCheckpoint {
    std::int64_t number = 0;
    std::int64_t sequence = 0;
    std::string document;
    std::string signature;
};

/// The head; that of an empty chain when nothing was ever appended.
[[nodiscard]] Head read_head(store::Tx& tx);

/// Moves the head's sequence on by `count`, which locks it until the commit, and returns the head
/// as it was. Throws Failure audit.head_missing when there are events without a head.
[[nodiscard]] Head take_head(store::Tx& tx, std::int64_t count);
void set_head_hash(store::Tx& tx, std::string_view hash);
void insert_records(store::Tx& tx, std::span<const Record> records);

/// At most `limit` records after a sequence, in order.
[[nodiscard]] std::vector<Record> records_after(store::Tx& tx, std::int64_t sequence,
                                                std::int64_t limit);
[[nodiscard]] std::vector<Record> filtered_records_after(store::Tx& tx, const ExportFilter& filter,
                                                         std::int64_t sequence, std::int64_t limit);

/// At most `limit` of one kind in a span of time, by time and sequence, after this sequence at the
/// span's first moment.
[[nodiscard]] std::vector<Record> events_of_kind(store::Tx& tx, std::string_view kind,
                                                 const TimeSpan& span, std::int64_t after,
                                                 std::int64_t limit);

[[nodiscard]] std::optional<StoredCheckpoint> last_checkpoint(store::Tx& tx);
[[nodiscard]] std::vector<StoredCheckpoint> checkpoints_after(store::Tx& tx, std::int64_t number,
                                                              std::int64_t limit);
void insert_checkpoint(store::Tx& tx, const StoredCheckpoint& checkpoint);

/// Rows read at a time.
inline constexpr std::int64_t kAuditPage = 1000;

}  // namespace sealdesk::audit
