#include "effects/matter.h"

namespace sealdesk::effects {

// Opening and resetting are one step: what differs is decided by the form (ensure_issued).
Outcome run_account(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.account", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto issued = ensure_issued(tx, works, matter);
        return issued ? queue::complete(tx, job) : issued.error();
    });
}

}  // namespace sealdesk::effects
