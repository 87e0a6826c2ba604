#include "effects/expiry_mail.h"

#include <algorithm>
#include <map>

#include "audit/log.h"
#include "effects/papers.h"
#include "mail/calendar_event.h"

namespace sealdesk::effects {
namespace {

/// A calendar reminds once more, a week before.
constexpr int kCalendarAlarmDays = 7;

/// So many are listed legibly on one letter.
constexpr std::size_t kOnOneLetter = 3;

std::chrono::year_month_day last_day(const EndingCertificate& one) {
    return day_in_taipei(one.certificate.not_after);
}

bool any_on_hold(std::span<const EndingCertificate> ending) {
    return std::ranges::any_of(ending, &EndingCertificate::on_hold);
}

Bilingual scheme_text(const scheme::Scheme& scheme, const std::string& name) {
    const auto found = scheme.texts.find(name);
    return found == scheme.texts.end() ? Bilingual{} : found->second;
}

/// What to do about it.
Bilingual advice(const scheme::Scheme& scheme, std::span<const EndingCertificate> ending) {
    Bilingual text = scheme_text(scheme, "expiry");
    if (any_on_hold(ending)) {
        const Bilingual hold = scheme_text(scheme, "expiry_on_hold");
        text.zh += "\n" + hold.zh;
        text.en += "\n" + hold.en;
    }
    return text;
}

std::string list_of(std::span<const EndingCertificate> ending) {
    std::string list;
    for (const EndingCertificate& one : ending) {
        const auto day = last_day(one);
        list += "・" + one.holder.name + "\n　憑證序號 Serial number: " + one.certificate.serial +
                "\n　到期日 Last day: 民國 " + to_roc_text(day) + "（" + to_iso_text(day) + "）" +
                (one.on_hold ? "\n　目前停用中 on hold" : "") + "\n";
    }
    return list;
}

/// One entry for each day on which something ends, always under the same name.
std::string calendar_of(const Works& works, const scheme::Scheme& scheme,
                        std::span<const EndingCertificate> ending, Instant now) {
    std::map<std::string, mail::CalendarEvent> events;  // by day, holder by holder
    for (const EndingCertificate& one : ending) {
        const auto day = last_day(one);
        auto& event = events[to_iso_text(day)];
        if (event.uid.empty()) {
            event = {"expiry-" + one.certificate.serial + "@" + works.message_id_domain, day,
                     scheme.short_title.zh + " 到期 " + scheme.short_title.en + " ends", "",
                     kCalendarAlarmDays};
        }
        event.description += (event.description.empty() ? "" : "\n") + one.holder.name + " " +
                             one.certificate.serial;
    }
    std::vector<mail::CalendarEvent> list;
    for (const auto& [day, event] : events) {
        list.push_back(event);
    }
    return mail::calendar_file(list, now);
}

mail::OutgoingMail expiry_mail(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                               const subscribers::Contact& to,
                               std::span<const EndingCertificate> ending, const std::string& key) {
    const Bilingual what_to_do = advice(scheme, ending);
    const scheme::Authority& authority = scheme.authority;
    const auto first = std::ranges::min_element(
        ending, {}, [](const EndingCertificate& one) { return one.certificate.not_after; });
    const auto day = last_day(*first);
    return {.dedup_key = key,
            .kind = "expiry",
            .subject_ref = first->certificate.request.value(),
            .to = {to.name, to.email},
            .subject = scheme.short_title.zh + "到期通知：民國 " + to_roc_text(day) + " 到期",
            .text = to.name + " 您好：\n\n下列憑證即將到期。\nThese certificates end soon.\n\n" +
                    list_of(ending) + "\n" + what_to_do.zh + "\n\n" + what_to_do.en + "\n\n" +
                    authority.name.zh + "\n" + authority.phone + "\n" +
                    (authority.account_website.empty() ? authority.website
                                                       : authority.account_website) +
                    "\n",
            .attachments = {{"expiry.ics", "text/calendar",
                             calendar_of(works, scheme, ending, tx.now())}},
            .give_up_at = first->certificate.not_after};
}

void print_letter(store::Tx& tx, const Works& works, const subscribers::Contact& to,
                  std::span<const EndingCertificate> ending, const std::string& key) {
    const Matter matter = read_matter(tx, works, ending.front().certificate.request);
    const auto day = last_day(ending.front());
    const Bilingual what_to_do = advice(matter.scheme, ending);
    const Notice notice{"貴用戶之憑證將於民國 " + to_roc_text(day) + " 到期，請查照。",
                        {list_of(ending) + what_to_do.zh, what_to_do.en}};
    slips::add_print_item(
        tx, {slips::PrintKind::Letter, matter.request.id, slips::Delivery::Post, matter.scheme.id,
             "notice-letter", notice_fields(matter, notice, to, tx.now()), key});
}

}  // namespace

Outcome tell_expiry(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                    const subscribers::Contact& to, std::span<const EndingCertificate> ending,
                    const std::string& key) {
    SEALDESK_CHECK(!ending.empty());
    if (to.email.empty()) {
        for (std::size_t i = 0; i < ending.size(); i += kOnOneLetter) {
            print_letter(tx, works, to,
                         ending.subspan(i, std::min(kOnOneLetter, ending.size() - i)),
                         key + (i == 0 ? "" : "/" + std::to_string(i)));
        }
    } else {
        const mail::MailIdentity sender{{scheme.authority.mail_name.zh, scheme.authority.mail_from},
                                        scheme.authority.mail_from,
                                        works.message_id_domain};
        const auto told =
            mail::enqueue(tx, sender, expiry_mail(tx, works, scheme, to, ending, key));
        if (!told) {
            return told.error();
        }
    }
    for (const EndingCertificate& one : ending) {
        audit::append(tx, {"certificate.expiry-told",
                           "system",
                           "certificate:" + one.certificate.serial,
                           {{"by", to.email.empty() ? "letter" : "mail"}, {"key", key}}});
    }
    return done();
}

}  // namespace sealdesk::effects
