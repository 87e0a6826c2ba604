#include "effects/papers.h"
#include "slips/electronic.h"

namespace sealdesk::effects {
namespace {

/// What an e-delivered slip is made from, read in one transaction.
struct ElectronicMatter {
    Matter matter;
    Issued issued;
    slips::ElectronicOrder order;
};

slips::ElectronicOrder order_of(store::Tx& tx, const Matter& matter, const Issued& issued) {
    const auto fees = requests::charge_fees(tx, matter.form, matter.request);
    return {issued.slip, "counter-receipt", receipt_fields(matter, fees, tx.now()),
            paper_delivery(matter)};
}

Result<mail::OutgoingMail> carrying_mail(const Works& works, const ElectronicMatter& electronic,
                                         const std::string& pdf) {
    const auto& [matter, issued, order] = electronic;
    Notice words = words_of(matter, {News::Kind::Approved});
    words.text = "slip-enclosed";
    auto letter = mail_about(works, matter, words, {issued.contact, "slip:" + issued.slip.number});
    if (letter) {
        letter->kind = "slip";
        letter->attachments.push_back(
            {"密碼單_" + issued.slip.number + ".pdf", "application/pdf", pdf});
    }
    return letter;
}

/// The slip is sent, its verifier stored, its mail in the outbox and the job done: one commit.
Outcome keep(store::Tx& tx, const Works& works, const queue::Job& job,
             const ElectronicMatter& electronic, const slips::ElectronicSlip& made) {
    const auto kept = slips::keep_electronic_slip(tx, made, verifier_keeper());
    if (!kept) {
        return kept.error();
    }
    Outcome posted = post(tx, works, electronic.matter, carrying_mail(works, electronic, made.pdf));
    return posted ? queue::complete(tx, job) : posted;
}

Outcome send_electronically(const Works& works, const queue::Job& job,
                            const ElectronicMatter& electronic) {
    store::Database& database = works.office.database;
    const auto made =  // secrets are made in memory, with no transaction open
        slips::make_electronic_slip(works.templates, works.print_room, electronic.order,
                                    database.random(), database.clock().now());
    if (!made) {
        return made.error();
    }
    return store::transact(database, "effect.slip-sent",
                           [&](store::Tx& tx) { return keep(tx, works, job, electronic, *made); });
}

}  // namespace

/// A printed slip waits for the next print batch; an e-delivered one is made and mailed now.
Outcome run_slip(const Works& works, const queue::Job& job) {
    const auto found = store::transact(
        works.office.database, "effect.slip",
        [&](store::Tx& tx) -> Result<std::optional<ElectronicMatter>> {
            Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto issued = ensure_issued(tx, works, matter);
            if (!issued) {
                return issued.error();
            }
            const bool to_send = issued->slip.delivery == slips::Delivery::Electronic &&
                                 issued->slip.state == slips::SlipState::Waiting;
            if (!to_send) {
                const auto completed = queue::complete(tx, job);
                return completed ? Result<std::optional<ElectronicMatter>>(std::nullopt)
                                 : completed.error();
            }
            auto order = order_of(tx, matter, *issued);
            return std::optional(ElectronicMatter{std::move(matter), *issued, std::move(order)});
        });
    if (!found) {
        return found.error();
    }
    return *found ? send_electronically(works, job, **found) : done();
}

}  // namespace sealdesk::effects
