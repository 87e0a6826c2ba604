#include "jobs/unopened_slips.h"

#include "effects/unopened.h"

namespace sealdesk::jobs {
namespace {

constexpr int kDuePage = 200;

/// Far more than slips leave in a scheme's days.
constexpr int kCountedMax = 100'000;

/// What time brings to a slip.
struct SlipStep {
    slips::WaitStep next;
    std::string_view name;
    Result<bool> (*take)(store::Tx&, const slips::Wait&);
};

constexpr SlipStep kRemind{slips::WaitStep::Remind, "slip.remind", effects::remind_of_slip};
constexpr SlipStep kVoid{slips::WaitStep::Void, "slip.run-out", effects::void_unopened};

/// Every slip whose next step is due; one that somebody uses at the same moment is left alone.
std::int64_t take_due(store::Database& database, const SlipStep& step, const GoOn& go_on) {
    std::int64_t taken = 0;
    for (bool more = true; more;) {
        const auto page = store::transact(database, "slip.due", [&](store::Tx& tx) {
            return slips::waits_due(tx, step.next, kDuePage);
        });
        more = false;
        for (const slips::Wait& due : page) {
            if (!go_on()) {
                return taken;
            }
            const auto done = store::transact(database, step.name,
                                              [&](store::Tx& tx) { return step.take(tx, due); });
            taken += done && *done ? 1 : 0;
            more = more || (done && *done);
        }
    }
    return taken;
}

}  // namespace

UnopenedSlips sweep_unopened_slips(const effects::Works& works, const GoOn& go_on) {
    store::Database& database = works.office.database;
    UnopenedSlips swept;
    swept.reminded = take_due(database, kRemind, go_on);
    swept.voided = take_due(database, kVoid, go_on);
    return swept;
}

UnopenedSlips unopened_slips_due(store::Tx& tx) {
    return {std::int64_t(slips::waits_due(tx, kRemind.next, kCountedMax).size()),
            std::int64_t(slips::waits_due(tx, kVoid.next, kCountedMax).size())};
}

}  // namespace sealdesk::jobs
