#include "parcels/parcel.h"

#include "effects/papers.h"
#include "effects/parcel_steps.h"

namespace sealdesk::effects {
namespace {

/// 領取通知書: what the scheme says about collecting, with the parcel's number (M 4.2.1.2 (2)).
Notice collection_notice(const Matter& matter, const parcels::Parcel& parcel) {
    const Bilingual how = matter.text("collection_notice");
    return {
        "parcel-waiting",
        {{"parcel_number", parcel.number}, {"explanation", how.zh}, {"explanation_en", how.en}}};
}

/// Posted unless the applicant chose to pick everything up.
bool is_picked_up(const Matter& matter) {
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    return chosen != nullptr && chosen->goods == scheme::Channel::Counter;
}

}  // namespace

/// The card that the request orders goes to the contact on the form by registered mail, or to the
/// counter (M 4.2.1.2). The label is fixed now.
Outcome run_parcel_order(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.parcel-order", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto subscriber = applicant_of(tx, matter);
            if (!subscriber) {
                return subscriber.error();
            }
            const auto to = news_recipient(tx, matter, News::Kind::Approved).value();
            static_cast<void>(parcels::order_parcel(
                tx, {.dedup_key = "parcel:" + job.key,
                     .scheme = matter.scheme.id,
                     .request = matter.request.id,
                     .subscriber = subscriber->id,
                     .to = {to.name, to.postal_code, to.address},
                     .items = {{std::string(kCardItem), token_order_key(matter.request)}},
                     .to_counter = is_picked_up(matter)}));
            return queue::complete(tx, job);
        });
}

/// A parcel lies at the counter: its addressee is told by letter and, where an address is known, by
/// mail (M 4.2.1.2 (2)).
Outcome run_parcel_notice(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.parcel-notice", [&](store::Tx& tx) -> Outcome {
            const parcels::Parcel parcel = parcels::get_parcel(tx, ParcelId(job.subject));
            const Matter matter = read_matter(tx, works, parcel.request);
            const Notice notice = collection_notice(matter, parcel);
            const subscribers::Contact addressee{
                parcel.to.name, {}, {}, parcel.to.postal_code, parcel.to.address};
            const std::string key = "parcel:" + parcel.number;
            Outcome told = tell_by_letter(tx, works, matter, notice, {addressee, key});
            const auto contact = subscribers::current_contact(tx, parcel.subscriber);
            told = told ? tell_by_mail(tx, works, matter, notice, {contact, key}) : told;
            return told ? queue::complete(tx, job) : told;
        });
}

/// An approved collection form: what lies at the counter may be handed over (M 4.2.1.2). A card
/// that did not come in a parcel of ours is the business of token.collect alone.
Outcome run_parcel_release(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.parcel-release", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto subscriber =
                subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
            if (!subscriber) {
                return Error{ErrorKind::Refused, "parcel.none_at_counter",
                             "Nothing lies at the counter for this subscriber.",
                             matter.request.number, "M 4.2.1.2"};
            }
            const auto released = parcels::release_to(tx, subscriber->id, matter.request.number);
            return released ? queue::complete(tx, job) : Outcome(released.error());
        });
}

}  // namespace sealdesk::effects
