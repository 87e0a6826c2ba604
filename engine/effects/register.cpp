#include "effects/matter.h"

namespace sealdesk::effects {

/// The applicant is a subscriber from now on. Who is one already is reached at the contact on this
/// form, too: two officers have found the entity's own seals on it.
Outcome run_register(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.register", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto subscriber = applicant_of(tx, matter);
        if (!subscriber) {
            return subscriber.error();
        }
        if (!subscribers::has_contact_from(tx, subscriber->id, matter.request.id)) {
            subscribers::set_contact(tx, subscriber->id, matter.request.id,
                                     contact_on_form(matter));
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
