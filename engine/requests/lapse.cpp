#include "requests/lapse.h"

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "queue/queue.h"
#include "requests/decision_store.h"
#include "requests/keyed_code.h"
#include "requests/matter.h"
#include "requests/request_facts.h"
#include "requests/request_store.h"
#include "requests/return_store.h"

namespace sealdesk::requests {
namespace {

constexpr int kReturnPage = 200;

std::vector<Return> due_page(const Office& office, std::string_view unit,
                             std::vector<Return> (*read)(store::Tx&, int)) {
    return store::transact(office.database, unit,
                           [&](store::Tx& tx) { return read(tx, kReturnPage); });
}

bool remind(store::Tx& tx, const Return& due) {
    if (!mark_reminded(tx, due)) {
        return false;
    }
    const Request request = get_request(tx, due.request);
    queue::enqueue(tx, "reminder", effect_key(request.number, due.request_version),
                   request.id.value(), tx.now());
    audit::append(tx, {"request.reminded",
                       std::string(kByRule),
                       "request:" + request.number,
                       {{"version", due.request_version}, {"last_day", due.last_day_iso()}}});
    return true;
}

Ruling ruling_of(const Return& due) {
    return {Verdict::Reject,
            {"補正期限 " + due.last_day_roc() +
             " 已過，未於期限內補正。The correction was not handed "
             "in by " +
             due.last_day_iso() + "."},
            std::string(kByRule)};
}

/// False when it came back, or another worker closed it, meanwhile.
bool close(store::Tx& tx, const Office& office, const Return& due) {
    const auto open = open_return(tx, due.request);
    const auto matter = read_matter(tx, get_request(tx, due.request).number);
    if (!open || open->id != due.id || !matter) {
        return false;
    }
    const auto next = decide_transition(matter->seen_by(office, kByRule), Event::Lapse);
    if (!next || !save_state(tx, matter->request, *next)) {
        return false;
    }
    const Request& request = matter->request;
    const Ruling ruling = ruling_of(due);
    const std::string document = document_of(*matter, ruling, "", tx.now());
    insert_decision(
        tx, {tx.new_id(), request.id, request.version, std::string(to_text(ruling.verdict)),
             ruling.officer, nlohmann::json(ruling.reasons).dump(), document, "", tx.now()});
    end_return(tx, request.id, "lapsed");
    forget_user_code(tx, request.id);
    const std::size_t effects =
        enqueue_effects(tx, form_of(office, request), request, ruling.verdict);
    audit::append(tx, {"request.lapsed", std::string(kByRule), "request:" + request.number,
                       with_facts(request, {{"version", request.version},
                                            {"effects", effects},
                                            {"last_day", due.last_day_iso()},
                                            {"document_sha256", sha256_hex(document)}})});
    return true;
}

/// Page after page until one moves nothing: what was moved is no longer due.
template <class Move>
int move_all(const Office& office, std::string_view unit,
             std::vector<Return> (*read)(store::Tx&, int), std::string_view step,
             const Move& move) {
    int moved = 0;
    for (;;) {
        int moved_here = 0;
        for (const Return& due : due_page(office, unit, read)) {
            moved_here +=
                store::transact(office.database, step, [&](store::Tx& tx) { return move(tx, due); })
                    ? 1
                    : 0;
        }
        if (moved_here == 0) {
            return moved;
        }
        moved += moved_here;
    }
}

}  // namespace

int remind_of_corrections(const Office& office) {
    return move_all(office, "overdue.to-remind", returns_to_remind, "overdue.remind", remind);
}

int close_lapsed_requests(const Office& office) {
    return move_all(office, "overdue.to-close", returns_to_close, "overdue.close",
                    [&](store::Tx& tx, const Return& due) { return close(tx, office, due); });
}

}  // namespace sealdesk::requests
