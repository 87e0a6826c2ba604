#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "store/tx.h"

namespace sealdesk::audit {

/// One thing that happened, as the auditor will read it (M 4.5). It never holds personal data
/// (M 2.8.1): ids, numbers, hashes and codes only, so that the log can be kept and shown.
struct Event {
    std::string kind;     ///< dotted lower case, such as "request.decided"; at most 64 bytes
    std::string actor;    ///< who: "officer:123", "job:mail.send", "system"; at most 64 bytes
    std::string subject;  ///< what: "request:456", "slip:789"; at most 64 bytes, may be empty
    nlohmann::json detail = nlohmann::json::object();  ///< an object; at most 16 KiB as text
};

/// Appends to the hash chain in the caller's transaction: the change and its record stand or fall
/// together. Call it late in the unit of work: on MySQL the chain's head stays locked until the
/// commit, so appends of all workers queue behind it.
void append(store::Tx& tx, const Event& event);

/// The same for many events at the cost of one head update; at most kAppendMax in one call.
void append_all(store::Tx& tx, std::span<const Event> events);

inline constexpr std::size_t kAppendMax = 1000;

/// The details of the events of one kind about one subject, oldest first, at most 1,000: to compare
/// a record with what the chain says of it.
[[nodiscard]] std::vector<nlohmann::json> details_of(store::Tx& tx, const std::string& kind,
                                                     const std::string& subject);

/// One event as it was recorded.
struct RecordedEvent {
    Instant at;
    std::string kind;
    std::string actor;
    nlohmann::json detail;
};

/// What happened to one subject, oldest first, at most 1,000.
[[nodiscard]] std::vector<RecordedEvent> events_about(store::Tx& tx, const std::string& subject);

/// Where the chain ends now: what a document that is signed elsewhere names, so that it proves what
/// the log was then.
struct ChainEnd {
    std::int64_t sequence = 0;  ///< 0: nothing was ever appended
    std::string hash;
};
[[nodiscard]] ChainEnd end_of_chain(store::Tx& tx);

/// When the first event was appended; none: nothing ever was.
[[nodiscard]] std::optional<Instant> begin_of_chain(store::Tx& tx);

/// The hash of one event; empty when there is none of this sequence.
[[nodiscard]] std::string hash_of_event(store::Tx& tx, std::int64_t sequence);

}  // namespace sealdesk::audit
