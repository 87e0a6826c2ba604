#include "audit/export.h"

#include <nlohmann/json.hpp>

#include "audit/event_store.h"

namespace sealdesk::audit {
namespace {

std::string to_line(const Record& record) {
    nlohmann::ordered_json line;
    line["sequence"] = record.sequence;
    line["at"] = record.at;
    line["at_utc"] = to_utc_text(from_stored(record.at));
    line["kind"] = record.kind;
    line["actor"] = record.actor;
    line["subject"] = record.subject;
    line["detail"] = record.detail;
    line["hash"] = record.hash;
    // A tampered row may hold anything; it is shown, not hidden by an exception.
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::int64_t export_events(store::Database& database, const ExportFilter& filter,
                           const std::function<void(std::string_view line)>& sink) {
    std::int64_t count = 0;
    std::int64_t last = 0;
    while (true) {
        const auto page = store::transact(database, "audit.export", [&](store::Tx& tx) {
            return filtered_records_after(tx, filter, last, kAuditPage);
        });
        for (const Record& record : page) {
            sink(to_line(record));
        }
        count += static_cast<std::int64_t>(page.size());
        if (page.size() < static_cast<std::size_t>(kAuditPage)) {
            return count;
        }
        last = page.back().sequence;
    }
}

}  // namespace sealdesk::audit
