#include "effects/agency_notice.h"

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"

namespace sealdesk::effects {
namespace {

using subscribers::AgencyNotice;

constexpr int kNoticePage = 1000;  ///< in one pass

std::string chinese_state(const std::string& state) {
    return state == "revoked" ? "廢止" : state == "held" ? "停用" : "復用";
}

/// The telling before this one, or the one that may be under way.
std::string mail_key(const AgencyNotice& notice, std::int64_t telling) {
    return "agency:" + notice.number + ":" + std::to_string(telling);
}

Result<mail::OutgoingMail> notice_mail(const Works& works, const scheme::Scheme& scheme,
                                       const AgencyNotice& notice, const std::string& signature) {
    const scheme::RelyingAgency& agency = *scheme.relying_agency;
    const auto news = nlohmann::json::parse(notice.document);
    const std::string state = news.at("state");
    auto words = works.stationery.texts.compose(scheme, "agency-notice",
                                                {{"recipient_name", agency.name.zh},
                                                 {"notice_number", notice.number},
                                                 {"serial", notice.serial},
                                                 {"state", chinese_state(state)},
                                                 {"state_en", state},
                                                 {"reason", news.at("reason")},
                                                 {"at", to_taipei_text(notice.opened_at)}});
    if (!words) {
        return words.error();
    }
    return mail::OutgoingMail{
        .dedup_key = mail_key(notice, notice.mails + 1),
        .kind = "agency",
        .to = {agency.name.zh, agency.email},
        .subject = std::move(words->subject),
        .text = std::move(words->text),
        .html = std::move(words->html),
        .attachments = {{notice.number + ".json", "application/json", notice.document},
                        {notice.number + ".json.p7s", "application/pkcs7-signature", signature}}};
}

/// One telling: what it says and when the next one follows, in one commit.
Result<bool> tell(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                  const AgencyNotice& notice, const std::string& signature) {
    if (notice.mails > 0 && subscribers::is_overtaken(tx, notice)) {
        return subscribers::end_overtaken(tx, notice);
    }
    if (!subscribers::note_telling(tx, notice)) {
        return false;  // another worker does, or it was acknowledged just now
    }
    mail::supersede(tx, mail_key(notice, notice.mails), "system");
    const auto mail = notice_mail(works, scheme, notice, signature);
    if (!mail) {
        return mail.error();
    }
    const auto enqueued = mail::enqueue(tx, works.stationery.identity_of(scheme.authority), *mail);
    if (!enqueued) {
        return enqueued.error();
    }
    audit::append(
        tx,
        {"agency_notice.told",
         "system",
         "certificate:" + notice.serial,
         {{"scheme", notice.scheme}, {"notice", notice.number}, {"telling", notice.mails + 1}}});
    return true;
}

Result<bool> sign_and_tell(const Works& works, const AgencyNotice& notice) {
    const scheme::Scheme* scheme = scheme::find_scheme(works.office.schemes, notice.scheme);
    if (scheme == nullptr || !scheme->relying_agency) {
        return Error{ErrorKind::Refused,
                     "notice.no_agency",
                     "The scheme names no relying agency any more; put it back, or acknowledge "
                     "the notice.",
                     notice.number,
                     {}};
    }
    const auto signature = works.sign(notice.scheme, notice.document);
    if (!signature) {
        return signature.error();
    }
    return store::transact(works.office.database, "notice.send", [&](store::Tx& tx) {
        return tell(tx, works, *scheme, notice, *signature);
    });
}

}  // namespace

void tell_agency(store::Tx& tx, const scheme::Scheme& scheme, const AgencyNews& news) {
    if (!scheme.relying_agency) {
        return;
    }
    const subscribers::Certificate& certificate = news.certificate;
    subscribers::open_notice(
        tx, {scheme.id, certificate.serial, news.order_key}, [&](const std::string& number) {
            return nlohmann::json{{"notice", number},
                                  {"scheme", scheme.id},
                                  {"serial", certificate.serial},
                                  {"certificate_sha256", sha256_hex(certificate.der)},
                                  {"state", subscribers::to_text(news.state)},
                                  {"reason", news.reason},
                                  {"at", to_utc_text(tx.now())}}
                .dump();
        });
}

Told send_agency_notices(const Works& works) {
    const auto due = store::transact(works.office.database, "notice.read", [](store::Tx& tx) {
        return subscribers::notices_due(tx, kNoticePage);
    });
    Told told;
    for (const AgencyNotice& notice : due) {
        const auto done = sign_and_tell(works, notice);
        if (!done) {
            told.trouble = done.error();
        } else if (*done) {
            ++told.count;
        }
    }
    return told;
}

Result<AgencyNotice> acknowledge(store::Tx& tx, const subscribers::Acknowledgement& answer) {
    auto notice = subscribers::acknowledge_notice(tx, answer);
    if (notice) {
        mail::supersede(tx, mail_key(*notice, notice->mails), answer.by);
    }
    return notice;
}

}  // namespace sealdesk::effects
