#include "crypto/cms.h"
#include "effects/encryption_certificate.h"
#include "effects/papers.h"
#include "effects/unopened.h"
#include "slips/electronic.h"

namespace sealdesk::effects {
namespace {

/// What an e-delivered slip is made from, read in one transaction.
struct ElectronicMatter {
    Matter matter;
    Issued issued;
    slips::ElectronicOrder order;
    std::optional<EncryptionCertificate> to;
};

/// The subscriber's certificate where the scheme wants it. A slip in place of one that was
/// encrypted to a certificate takes the other way: the first could not be opened.
std::optional<EncryptionCertificate> lock_of(store::Tx& tx, const scheme::Scheme& scheme,
                                             const Issued& issued) {
    const auto before =
        issued.slip.replaces ? slips::wait_of(tx, *issued.slip.replaces) : std::nullopt;
    const bool has_failed = before && before->lock == slips::Lock::Certificate;
    return scheme.slips.to_certificate && !has_failed
               ? encryption_certificate_of(tx, issued.subscriber.id)
               : std::nullopt;
}

ElectronicMatter electronic_matter(store::Tx& tx, Matter matter, const Issued& issued) {
    const auto fees = requests::charge_fees(tx, matter.form, matter.request);
    auto to = lock_of(tx, matter.scheme, issued);
    slips::ElectronicOrder order{.slip = issued.slip,
                                 .receipt_template = "counter-receipt",
                                 .receipt_fields = receipt_fields(matter, fees, tx.now()),
                                 .receipt_delivery = paper_delivery(matter),
                                 .terms = electronic_terms(matter.scheme, tx.now())};
    if (to) {
        order.certificate = to->known.serial;
    }
    return {std::move(matter), issued, std::move(order), std::move(to)};
}

std::string last_day_text(const slips::WaitTerms& terms) {
    if (!terms.void_at) {
        return {};
    }
    const auto last = day_in_taipei(*terms.void_at - std::chrono::hours(1));
    return "\n請於民國" + to_roc_text(last) + "（" + to_iso_text(last) +
           "，含當日）前登入，逾期密碼單作廢。\n"
           "Log in by that day; after it the slip is void.\n";
}

std::string pdf_name(const slips::Slip& slip) { return "密碼單_" + slip.number + ".pdf"; }

mail::OutgoingMail slip_news(const ElectronicMatter& electronic) {
    auto letter = news_mail("slip:" + electronic.issued.slip.number, electronic.matter,
                            {News::Kind::Approved}, electronic.issued.contact);
    letter.kind = "slip";
    return letter;
}

/// Text and PDF as one entity, encrypted as a whole (S/MIME).
slips::Enclose encloser(const ElectronicMatter& electronic) {
    return [&electronic](const Secret& pdf) -> Result<std::string> {
        const std::string text =
            slip_news(electronic).text +
            "\n附件為密碼單（PDF）。本郵件已以台端之加密憑證加密，僅持有該憑證私密金鑰者得以開啟。"
            "\n"
            "The slip is attached. This mail is encrypted to your own certificate.\n" +
            last_day_text(electronic.order.terms);
        const auto entity = mail::compose_entity(text, pdf_name(electronic.issued.slip),
                                                 "application/pdf", pdf.reveal());
        if (!entity) {
            return entity.error();
        }
        return crypto::enclose_for_mail(electronic.to->certificate, entity->reveal());
    };
}

mail::OutgoingMail carrying_mail(const ElectronicMatter& electronic,
                                 const slips::ElectronicSlip& made) {
    auto letter = slip_news(electronic);
    if (!made.enclosed.empty()) {
        letter.text.clear();
        letter.subject += "（以您的加密憑證開啟）";
        letter.enveloped = made.enclosed;
        return letter;
    }
    letter.text +=
        "\n附件為加密之密碼單（PDF）。開啟碼印在收據上，另以郵寄或當面交付，不會以電子郵件寄送。\n"
        "The attached slip opens with the code printed on your receipt, which comes on paper.\n" +
        last_day_text(made.terms);
    letter.attachments.push_back({pdf_name(electronic.issued.slip), "application/pdf", made.pdf});
    return letter;
}

/// The certificate is still the one to encrypt to: state and holds are asked again in the commit.
Outcome check_lock(store::Tx& tx, const ElectronicMatter& electronic) {
    const auto now = lock_of(tx, electronic.matter.scheme, electronic.issued);
    if ((now ? now->known.serial : "") != electronic.order.certificate) {
        return Error{ErrorKind::Conflict,
                     "slips.certificate_changed",
                     "The certificate the slip is encrypted to has changed its state; the slip is "
                     "made anew.",
                     electronic.issued.slip.number,
                     {}};
    }
    return done();
}

/// The slip is sent, its verifier stored, its mail in the outbox and the job done: one commit.
Outcome keep(store::Tx& tx, const Works& works, const queue::Job& job,
             const ElectronicMatter& electronic, const slips::ElectronicSlip& made) {
    Outcome locked = check_lock(tx, electronic);
    if (!locked) {
        return locked;
    }
    const auto kept = slips::keep_electronic_slip(tx, made, verifier_keeper());
    if (!kept) {
        return kept.error();
    }
    const auto enqueued =
        mail::enqueue(tx, sender_of(works, electronic.matter), carrying_mail(electronic, made));
    if (!enqueued) {
        return enqueued.error();
    }
    return queue::complete(tx, job);
}

Outcome send_electronically(const Works& works, const queue::Job& job,
                            ElectronicMatter& electronic) {
    store::Database& database = works.office.database;
    if (electronic.to) {
        electronic.order.enclose = encloser(electronic);
    }
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
    auto found = store::transact(
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
            return std::optional(electronic_matter(tx, std::move(matter), *issued));
        });
    if (!found) {
        return found.error();
    }
    return *found ? send_electronically(works, job, **found) : done();
}

}  // namespace sealdesk::effects
