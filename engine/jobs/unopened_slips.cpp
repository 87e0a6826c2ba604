#include "jobs/unopened_slips.h"

#include "effects/unopened.h"

namespace sealdesk::jobs {
namespace {

constexpr int kDuePage = 200;

using StepOf = Result<bool> (*)(store::Tx&, const slips::Wait&);

/// Every slip whose next step is due; one that somebody uses at the same moment is left alone.
std::int64_t take_due(store::Database& database, slips::WaitStep next, std::string_view name,
                      StepOf step) {
    std::int64_t taken = 0;
    for (bool more = true; more;) {
        const auto page = store::transact(database, "slip.due", [&](store::Tx& tx) {
            return slips::waits_due(tx, next, kDuePage);
        });
        more = false;
        for (const slips::Wait& due : page) {
            const auto done =
                store::transact(database, name, [&](store::Tx& tx) { return step(tx, due); });
            taken += done && *done ? 1 : 0;
            more = more || (done && *done);
        }
    }
    return taken;
}

}  // namespace

UnopenedSlips sweep_unopened_slips(const effects::Works& works) {
    store::Database& database = works.office.database;
    UnopenedSlips swept;
    swept.reminded =
        take_due(database, slips::WaitStep::Remind, "slip.remind", effects::remind_of_slip);
    swept.voided =
        take_due(database, slips::WaitStep::Void, "slip.run-out", effects::void_unopened);
    return swept;
}

}  // namespace sealdesk::jobs
