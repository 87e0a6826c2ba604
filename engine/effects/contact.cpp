#include "audit/log.h"
#include "effects/papers.h"

namespace sealdesk::effects {
namespace {

/// Letter and mail to one of the two contacts; `whose` keeps their copies apart.
Outcome tell(store::Tx& tx, const Works& works, const queue::Job& job, const Matter& matter,
             const subscribers::Contact& to, const std::string& whose) {
    const News news{News::Kind::Approved, {}, whose == "old" ? "old_contact" : "reply"};
    if (!to.address.empty()) {
        slips::add_print_item(
            tx, {slips::PrintKind::Letter, matter.request.id, slips::Delivery::Post,
                 matter.scheme.id, "result-letter", letter_fields(matter, news, to, tx.now()),
                 "letter-" + whose + ":" + job.key});
    }
    if (to.email.empty()) {
        return done();
    }
    return post(tx, works, matter,
                news_mail(works, matter, news, {to, "contact-" + whose + ":" + job.key}));
}

}  // namespace

/// The contact on the form takes the place of the registered one. Both are told, the old one where
/// it was: whoever redirects a subscriber's mail does not do so unseen.
Outcome run_contact(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.contact", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto subscriber =
            subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
        if (!subscriber) {
            return Error{ErrorKind::Refused, "contact.no_subscriber",
                         "The registration of this subscriber was never approved; there is no "
                         "contact to change.",
                         matter.request.number, "T 8.5"};
        }
        if (!subscribers::has_contact_from(tx, subscriber->id, matter.request.id)) {
            const auto before = subscribers::current_contact(tx, subscriber->id);
            const auto after = contact_on_form(matter);
            subscribers::set_contact(tx, subscriber->id, matter.request.id, after);
            audit::append(tx, {"contact.changed",
                               "system",
                               "subscriber:" + std::to_string(subscriber->id.value()),
                               {{"request", matter.request.number}}});
            for (const auto& [whose, to] : {std::pair{"old", before}, std::pair{"new", after}}) {
                Outcome told = tell(tx, works, job, matter, to, whose);
                if (!told) {
                    return told;
                }
            }
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
