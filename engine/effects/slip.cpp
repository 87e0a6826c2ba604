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

std::string pdf_name(const slips::Slip& slip) { return "密碼單_" + slip.number + ".pdf"; }

/// The words that go with the slip, of the way it is locked.
Result<mail::OutgoingMail> slip_words(const Works& works, const ElectronicMatter& electronic) {
    Notice words = words_of(electronic.matter, {News::Kind::Approved});
    words.text = electronic.to ? "slip-to-certificate" : "slip-enclosed";
    add_last_day(words, electronic.order.terms.void_at);
    auto letter = mail_about(works, electronic.matter, words,
                             {electronic.issued.contact, "slip:" + electronic.issued.slip.number});
    if (letter) {
        letter->kind = "slip";
    }
    return letter;
}

/// Words and PDF as one entity, encrypted as a whole (S/MIME).
slips::Enclose encloser(const Works& works, const ElectronicMatter& electronic) {
    return [&works, &electronic](const Secret& pdf) -> Result<std::string> {
        auto letter = slip_words(works, electronic);
        if (!letter) {
            return letter.error();
        }
        mail::Message words;
        words.text = std::move(letter->text);
        words.html = std::move(letter->html);
        words.attachments.push_back({pdf_name(electronic.issued.slip), "application/pdf", {}});
        const auto entity = mail::compose_entity(std::move(words), pdf.reveal());
        if (!entity) {
            return entity.error();
        }
        return crypto::enclose_for_mail(electronic.to->certificate, entity->reveal());
    };
}

Result<mail::OutgoingMail> carrying_mail(const Works& works, const ElectronicMatter& electronic,
                                         const slips::ElectronicSlip& made) {
    auto letter = slip_words(works, electronic);
    if (!letter) {
        return letter;
    }
    if (made.enclosed.empty()) {
        letter->attachments.push_back(
            {pdf_name(electronic.issued.slip), "application/pdf", made.pdf});
    } else {
        letter->text.clear();
        letter->html.clear();
        letter->enveloped = made.enclosed;
    }
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
    Outcome posted = post(tx, works, electronic.matter, carrying_mail(works, electronic, made));
    return posted ? queue::complete(tx, job) : posted;
}

Outcome send_electronically(const Works& works, const queue::Job& job,
                            ElectronicMatter& electronic) {
    store::Database& database = works.office.database;
    if (electronic.to) {
        electronic.order.enclose = encloser(works, electronic);
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
