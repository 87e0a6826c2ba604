#include "subscribers/user_code.h"

#include "audit/log.h"
#include "effects/matter.h"
#include "requests/keyed_code.h"

namespace sealdesk::effects {

/// The user code on an approved form becomes the subscriber's (M 4.1.1.1, M 4.4.7), in place of the
/// one before; a preset one is changed at acceptance (M 4.3.2); the form's copy goes.
Outcome run_user_code(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.user-code", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto subscriber = applicant_of(tx, matter);
            if (!subscriber) {
                return subscriber.error();
            }
            const auto verifier = requests::user_code_on(tx, matter.request.id);
            if (!verifier) {
                return Error{
                    ErrorKind::Refused, "user_code.missing",
                    "The form's user code is not on file; withdraw it and import it again.",
                    matter.request.number, "M 4.1.1.1"};
            }
            const bool preset = !matter.form.preset_user_code.empty();
            subscribers::set_user_code(tx, subscriber->id, *verifier, preset);
            requests::forget_user_code(tx, matter.request.id);
            audit::append(tx, {"user_code.set",
                               "system",
                               "subscriber:" + std::to_string(subscriber->id.value()),
                               {{"request", matter.request.number}}});
            return queue::complete(tx, job);
        });
}

}  // namespace sealdesk::effects
