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
/// Far more than an office has with its applicants.
constexpr int kCountedMax = 100'000;

/// What is due, under which names it is read and moved.
struct Sweep {
    std::string_view unit;
    std::vector<Return> (*read)(store::Tx&, int);
    std::string_view step;
};

constexpr Sweep kToRemind{"overdue.to-remind", returns_to_remind, "overdue.remind"};
constexpr Sweep kToClose{"overdue.to-close", returns_to_close, "overdue.close"};

std::vector<Return> due_page(const Office& office, const Sweep& sweep) {
    return store::transact(office.database, sweep.unit,
                           [&](store::Tx& tx) { return sweep.read(tx, kReturnPage); });
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
int move_all(const Office& office, const Sweep& sweep, const GoOn& go_on, const Move& move) {
    int moved = 0;
    for (bool more = true; more;) {
        more = false;
        for (const Return& due : due_page(office, sweep)) {
            if (!go_on()) {
                return moved;
            }
            const bool is_moved = store::transact(office.database, sweep.step,
                                                  [&](store::Tx& tx) { return move(tx, due); });
            moved += is_moved ? 1 : 0;
            more = more || is_moved;
        }
    }
    return moved;
}

}  // namespace

int remind_of_corrections(const Office& office, const GoOn& go_on) {
    return move_all(office, kToRemind, go_on, remind);
}

int close_lapsed_requests(const Office& office, const GoOn& go_on) {
    return move_all(office, kToClose, go_on,
                    [&](store::Tx& tx, const Return& due) { return close(tx, office, due); });
}

Overdue overdue_now(store::Tx& tx) {
    return {std::int64_t(returns_to_remind(tx, kCountedMax).size()),
            std::int64_t(returns_to_close(tx, kCountedMax).size())};
}

}  // namespace sealdesk::requests
