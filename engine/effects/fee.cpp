#include "effects/matter.h"
#include "effects/papers.h"
#include "requests/fees.h"

namespace sealdesk::effects {

/// The receipt of an e-delivered slip carries its opening code and is made with the slip
/// (slip.cpp); every other receipt is an ordinary page.
Outcome run_fee(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.fee", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto fees = requests::charge_fees(tx, matter.form, matter.request);
        const auto issued = ensure_issued(tx, works, matter);
        if (!issued) {
            return issued.error();
        }
        if (!fees.empty() && issued->slip.delivery != slips::Delivery::Electronic) {
            slips::add_print_item(tx, {slips::PrintKind::Receipt, matter.request.id,
                                       issued->slip.delivery, matter.scheme.id, "counter-receipt",
                                       receipt_fields(matter, *issued, fees, tx.now()),
                                       "receipt:" + matter.request.number});
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
