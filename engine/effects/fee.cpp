#include "effects/papers.h"

namespace sealdesk::effects {

/// The receipt of an e-delivered slip carries its opening code and is made with the slip
/// (slip.cpp); every other receipt is an ordinary page.
Outcome run_fee(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.fee", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto fees = requests::charge_fees(tx, matter.form, matter.request);
        if (!fees.empty() && !is_electronic(matter)) {
            slips::add_print_item(
                tx, {slips::PrintKind::Receipt, matter.request.id, paper_delivery(matter),
                     matter.scheme.id, "counter-receipt", receipt_fields(matter, fees, tx.now()),
                     "receipt:" + job.key});
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
