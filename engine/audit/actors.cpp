#include "audit/actors.h"

#include "audit/event_store.h"

namespace sealdesk::audit {

std::vector<std::string> actors_of(store::Tx& tx, const std::string& kind,
                                   const std::string& subject) {
    std::vector<std::string> actors;
    for (Record& record :
         filtered_records_after(tx, {kind, subject, std::nullopt, std::nullopt}, 0, kAuditPage)) {
        actors.push_back(std::move(record.actor));
    }
    return actors;
}

}  // namespace sealdesk::audit
