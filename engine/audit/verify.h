#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/progress.h"
#include "crypto/certificate.h"
#include "store/tx.h"

namespace sealdesk::audit {

/// The first thing that is wrong with the log.
struct Finding {
    /// audit.row_missing         a number is not there: the row was removed
    /// audit.row_altered         the row does not carry the hash that its content and the row
    ///                           before demand: it was edited, exchanged, or put in
    /// audit.row_inserted        a row stands behind the end of the chain
    /// audit.tail_cut            rows at the end, which the head or a checkpoint knows, are gone
    /// audit.head_altered        the head's hash is not that of the last row
    /// audit.rewritten           the chain is sound in itself but not the one that was signed
    /// audit.checkpoint_altered  a checkpoint is not as it was signed, or not in its place
    /// audit.checkpoint_missing  a checkpoint of the copy is not in the database, or another is
    std::string code;
    std::int64_t sequence = 0;  ///< of the event concerned
    std::string detail;         ///< one sentence for the auditor
};

struct VerifyReport {
    std::int64_t events = 0;       ///< sound ones, counted from the first
    std::int64_t checkpoints = 0;  ///< sound ones
    std::optional<Finding> finding;
    bool stopped = false;  ///< as the watch asked: what follows was not looked at
};

/// Reads the whole log in order of its numbers, in flat memory (but for 100 bytes a checkpoint),
/// while others may append. `trusted`: the audit key's certificates, today's and earlier ones.
/// `copy`: the checkpoints' copy, best the one from another machine; empty or absent: not looked
/// at. A cut tail that took its checkpoints and the head along shows only against the copy.
[[nodiscard]] VerifyReport verify(store::Database& database,
                                  std::span<const crypto::Certificate> trusted,
                                  const std::filesystem::path& copy, const Watch& watch = {});

}  // namespace sealdesk::audit
