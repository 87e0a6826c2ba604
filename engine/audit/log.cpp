#include "audit/log.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "audit/event_store.h"
#include "base/error.h"

namespace sealdesk::audit {
namespace {

constexpr std::size_t kNameMax = 64;  // columns of audit_event
constexpr std::size_t kDetailMax = 16384;

std::string detail_text(const Event& event) {
    std::string text;
    try {
        text = event.detail.dump();  // object members come sorted by name
    } catch (const nlohmann::json::exception&) {
        throw_internal("audit.bad_detail",
                       "An audit event of kind " + event.kind + " holds text that is not UTF-8.");
    }
    SEALDESK_CHECK(event.detail.is_object() && text.size() <= kDetailMax);
    return text;
}

void check_names(const Event& event) {
    SEALDESK_CHECK(!event.kind.empty() && event.kind.size() <= kNameMax);
    SEALDESK_CHECK(!event.actor.empty() && event.actor.size() <= kNameMax);
    SEALDESK_CHECK(event.subject.size() <= kNameMax);
}

}  // namespace

void append(store::Tx& tx, const Event& event) { append_all(tx, {&event, 1}); }

void append_all(store::Tx& tx, std::span<const Event> events) {
    if (events.empty()) {
        return;
    }
    SEALDESK_CHECK(events.size() <= kAppendMax);
    const Head head = take_head(tx, static_cast<std::int64_t>(events.size()));
    std::vector<Record> records;
    records.reserve(events.size());
    std::int64_t sequence = head.sequence;
    std::string_view previous = head.hash;
    for (const Event& event : events) {
        check_names(event);
        Record& record = records.emplace_back(Record{++sequence,
                                                     to_stored(tx.now()),
                                                     event.kind,
                                                     event.actor,
                                                     event.subject,
                                                     detail_text(event),
                                                     {}});
        record.hash = chain_hash(record, previous);
        previous = record.hash;
    }
    insert_records(tx, records);
    set_head_hash(tx, previous);
}

std::vector<nlohmann::json> details_of(store::Tx& tx, const std::string& kind,
                                       const std::string& subject) {
    std::vector<nlohmann::json> details;
    for (const Record& record :
         filtered_records_after(tx, {kind, subject, std::nullopt, std::nullopt}, 0, kAuditPage)) {
        details.push_back(nlohmann::json::parse(record.detail));
    }
    return details;
}

std::vector<RecordedEvent> events_about(store::Tx& tx, const std::string& subject) {
    std::vector<RecordedEvent> events;
    for (const Record& record :
         filtered_records_after(tx, {{}, subject, std::nullopt, std::nullopt}, 0, kAuditPage)) {
        events.push_back({from_stored(record.at), record.kind, record.actor,
                          nlohmann::json::parse(record.detail)});
    }
    return events;
}

ChainEnd end_of_chain(store::Tx& tx) {
    const Head head = read_head(tx);
    return {head.sequence, head.hash};
}

std::optional<Instant> begin_of_chain(store::Tx& tx) {
    const auto first = records_after(tx, 0, 1);
    return first.empty() ? std::nullopt : std::optional(from_stored(first.front().at));
}

std::string hash_of_event(store::Tx& tx, std::int64_t sequence) {
    const auto found = records_after(tx, sequence - 1, 1);
    return found.empty() || found.front().sequence != sequence ? "" : found.front().hash;
}

}  // namespace sealdesk::audit
