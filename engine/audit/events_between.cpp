#include "audit/events_between.h"

#include "audit/event_store.h"

namespace sealdesk::audit {

void for_each_event(store::Tx& tx, std::string_view kind, const TimeSpan& span,
                    const std::function<void(const Record&)>& look) {
    Instant from = span.from;
    std::int64_t after = 0;
    for (;;) {
        const auto page = events_of_kind(tx, kind, {from, span.until}, after, kAuditPage);
        for (const Record& record : page) {
            look(record);
        }
        if (std::int64_t(page.size()) < kAuditPage) {
            return;
        }
        from = from_stored(page.back().at);
        after = page.back().sequence;
    }
}

}  // namespace sealdesk::audit
