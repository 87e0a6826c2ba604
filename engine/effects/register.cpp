#include "audit/log.h"
#include "effects/matter.h"

namespace sealdesk::effects {
namespace {

/// Who was renamed applies anew, and is certified under the name that was examined (M 4.4.1 (5)).
/// Of data on which a key file is ordered (M 4.2.4) the newest row counts.
void adopt_name(store::Tx& tx, const Matter& matter, const subscribers::Subscriber& known) {
    const requests::Request& request = matter.request;
    const bool newer = matter.form.key_file && known.request != request.id;
    const bool same = known.name == request.applicant_name && known.kind == request.applicant_kind;
    if (same && !newer) {
        return;
    }
    subscribers::Subscriber now = known;
    now.request = newer ? request.id : known.request;
    now.name = request.applicant_name;
    now.kind = request.applicant_kind;
    subscribers::register_again(tx, now);
    audit::append(tx, {same ? "subscriber.registered_again" : "subscriber.renamed",
                       "system",
                       "subscriber:" + std::to_string(known.id.value()),
                       {{"request", request.number}}});
}

}  // namespace

/// The applicant is a subscriber from now on. Who is one already bears the name and is reached at
/// the contact on this form, too: two officers have found the entity's own seals on it.
Outcome run_register(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.register", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto subscriber = applicant_of(tx, matter);
        if (!subscriber) {
            return subscriber.error();
        }
        adopt_name(tx, matter, *subscriber);
        if (!subscribers::has_contact_from(tx, subscriber->id, matter.request.id)) {
            subscribers::set_contact(tx, subscriber->id, matter.request.id,
                                     contact_on_form(matter));
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
