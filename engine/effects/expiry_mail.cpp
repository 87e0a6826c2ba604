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

const EndingCertificate& first_to_end(std::span<const EndingCertificate> ending) {
    return *std::ranges::min_element(
        ending, {}, [](const EndingCertificate& one) { return one.certificate.not_after; });
}

bool any_on_hold(std::span<const EndingCertificate> ending) {
    return std::ranges::any_of(ending, &EndingCertificate::on_hold);
}

Bilingual scheme_text(const scheme::Scheme& scheme, const std::string& name) {
    const auto found = scheme.texts.find(name);
    return found == scheme.texts.end() ? Bilingual{} : found->second;
}

std::string list_of(std::span<const EndingCertificate> ending) {
    std::string list;
    for (const EndingCertificate& one : ending) {
        const auto day = last_day(one);
        list += (list.empty() ? "" : "\n\n") + one.holder.name +
                "\n憑證序號 Serial number: " + one.certificate.serial + "\n到期日 Last day: 民國 " +
                to_roc_text(day) + "（" + to_iso_text(day) + "）" +
                (one.on_hold ? "\n目前停用中 on hold" : "");
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
            event = {"expiry-" + one.certificate.serial + "@" + works.stationery.message_id_domain,
                     day, scheme.short_title.zh + " 到期 " + scheme.short_title.en + " ends", "",
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

/// As mail and letter say it.
Notice words_about(const scheme::Scheme& scheme, std::span<const EndingCertificate> ending) {
    const auto day = last_day(first_to_end(ending));
    const Bilingual advice = scheme_text(scheme, "expiry");
    const Bilingual hold =
        any_on_hold(ending) ? scheme_text(scheme, "expiry_on_hold") : Bilingual{};
    return {"expiry-notice",
            {{"certificates", list_of(ending)},
             {"last_day", to_roc_text(day)},
             {"last_day_en", to_iso_text(day)},
             {"explanation", advice.zh},
             {"explanation_en", advice.en},
             {"hold", hold.zh},
             {"hold_en", hold.en}}};
}

Outcome mail_it(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                std::span<const EndingCertificate> ending, const Addressed& addressed) {
    Notice notice = words_about(scheme, ending);
    notice.fields["recipient_name"] = addressed.to.name;
    auto words = works.stationery.texts.compose(scheme, notice.text, notice.fields);
    if (!words) {
        return words.error();
    }
    const subscribers::Certificate& first = first_to_end(ending).certificate;
    const auto told =
        mail::enqueue(tx, works.stationery.identity_of(scheme.authority),
                      {.dedup_key = addressed.key,
                       .kind = "expiry",
                       .subject_ref = first.request.value(),
                       .to = {addressed.to.name, addressed.to.email},
                       .subject = std::move(words->subject),
                       .text = std::move(words->text),
                       .html = std::move(words->html),
                       .attachments = {{"expiry.ics", "text/calendar",
                                        calendar_of(works, scheme, ending, tx.now())}},
                       .give_up_at = first.not_after});
    return told ? done() : Outcome(told.error());
}

Outcome print_letters(store::Tx& tx, const Works& works, std::span<const EndingCertificate> ending,
                      const Addressed& addressed) {
    for (std::size_t i = 0; i < ending.size(); i += kOnOneLetter) {
        const auto part = ending.subspan(i, std::min(kOnOneLetter, ending.size() - i));
        const Matter matter = read_matter(tx, works, part.front().certificate.request);
        Outcome printed =
            tell_by_letter(tx, works, matter, words_about(matter.scheme, part),
                           {addressed.to, addressed.key + (i == 0 ? "" : "/" + std::to_string(i))});
        if (!printed) {
            return printed;
        }
    }
    return done();
}

}  // namespace

Outcome tell_expiry(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                    const subscribers::Contact& to, std::span<const EndingCertificate> ending,
                    const std::string& key) {
    SEALDESK_CHECK(!ending.empty());
    Outcome told = to.email.empty() ? print_letters(tx, works, ending, {to, key})
                                    : mail_it(tx, works, scheme, ending, {to, key});
    if (!told) {
        return told;
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
