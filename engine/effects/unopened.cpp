#include "effects/unopened.h"

#include "audit/log.h"
#include "effects/papers.h"
#include "effects/replace_slip.h"
#include "queue/queue.h"
#include "slips/slip.h"

namespace sealdesk::effects {
namespace {

constexpr std::string_view kSlipMailPrefix = "slip:";  // slip.cpp: carrying_mail()
constexpr std::string_view kReminderJob = "slip.reminder";
constexpr std::string_view kVoidedJob = "slip.voided";
constexpr std::string_view kReturnedJob = "slip.returned";

/// The day after so many whole days have followed the day of `now`, as it begins.
std::optional<Instant> after_days(Instant now, std::optional<int> days) {
    if (!days) {
        return std::nullopt;
    }
    return start_of_day_in_taipei(std::chrono::sys_days{day_in_taipei(now)} +
                                  std::chrono::days{*days + 1});
}

bool is_unused(store::Tx& tx, const slips::Slip& slip) {
    const auto account = subscribers::get_account(tx, slip.account);
    return slip.state != slips::SlipState::Used && slip.state != slips::SlipState::Void &&
           account.generation == slip.account_generation && account.must_change;
}

Notice words_about(const Matter& matter, const slips::Slip& slip, const std::string& text) {
    const Bilingual why = matter.text(text == "slip-reminder" ? "slip_reminder" : "slip_void");
    return {text,
            {{"slip_number", slip.number}, {"explanation", why.zh}, {"explanation_en", why.en}}};
}

Notice reminder_of(const Matter& matter, const slips::Slip& slip,
                   const std::optional<Instant>& void_at) {
    Notice notice = words_about(matter, slip, "slip-reminder");
    add_last_day(notice, void_at);
    return notice;
}

/// Of a slip with a PIN, `account` is the card's row.
SubscriberId reader_of(store::Tx& tx, const Matter& matter, const slips::Slip& slip) {
    return slip.carries_pin()
               ? subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number)
                     .value()
                     .id
               : subscribers::get_account(tx, slip.account).subscriber;
}

/// By mail, or by letter to where the slip did not go; else nothing would reach anybody.
Outcome tell_of_return(store::Tx& tx, const Works& works, const Matter& matter,
                       const slips::Slip& slip, const subscribers::Contact& to) {
    if (to.email.empty() && to.address == slip.recipient.address) {
        return done();
    }
    const std::string text = slip.carries_pin() ? "pin-slip-returned" : "slip-returned";
    return tell_notice(tx, works, matter, {text, {{"slip_number", slip.number}}},
                       {to, "slip-returned:" + slip.number});
}

Outcome tell_reader(store::Tx& tx, const Works& works, const queue::Job& job,
                    const slips::Slip& slip) {
    const Matter matter = read_matter(tx, works, slip.request);
    auto to = subscribers::current_contact(tx, reader_of(tx, matter, slip));
    if (job.kind == kReturnedJob) {
        return tell_of_return(tx, works, matter, slip, to);
    }
    const auto wait = slips::wait_of(tx, slip.id);
    if (job.kind == kReminderJob) {
        return tell_notice(tx, works, matter,
                           reminder_of(matter, slip, wait ? wait->terms.void_at : std::nullopt),
                           {to, "slip-reminder:" + slip.number});
    }
    if (wait && wait->bounced_at) {
        to.email.clear();  // it does not reach anybody there: by letter
    }
    return tell_notice(tx, works, matter, words_about(matter, slip, "slip-void"),
                       {to, "slip-voided:" + slip.number});
}

/// The slip that is due; nothing when it was used or ended meanwhile, and nobody waits for it more.
Result<std::optional<slips::Slip>> slip_still_unused(store::Tx& tx, const slips::Wait& due) {
    auto slip = slips::find_slip(tx, due.slip);
    if (!slip) {
        return slip.error();
    }
    if (!is_unused(tx, *slip)) {
        slips::end_wait(tx, due.slip);
        return std::optional<slips::Slip>();
    }
    return std::optional(*std::move(slip));
}

}  // namespace

void add_last_day(Notice& notice, const std::optional<Instant>& void_at) {
    if (void_at) {
        const auto last = day_in_taipei(*void_at - std::chrono::hours(1));
        notice.fields["last_day"] = to_roc_text(last);
        notice.fields["last_day_en"] = to_iso_text(last);
    }
}

slips::WaitTerms electronic_terms(const scheme::Scheme& scheme, Instant now) {
    slips::WaitTerms terms;
    if (scheme.slips.remind_after_days) {
        terms.remind_at = after_days(now, *scheme.slips.remind_after_days - 1);
    }
    terms.void_at = after_days(now, scheme.slips.void_after_days);
    return terms;
}

void begin_paper_wait(store::Tx& tx, const requests::Office& office, const slips::Slip& slip) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, slip.scheme);
    if (scheme == nullptr || !scheme->slips.void_paper_after_days || slip.carries_pin() ||
        !is_unused(tx, slip)) {
        return;
    }
    slips::begin_wait(tx,
                      {.slip = slip.id,
                       .lock = slips::Lock::Paper,
                       .left_at = tx.now(),
                       .terms = {{}, after_days(tx.now(), scheme->slips.void_paper_after_days)}});
}

Outcome withdraw_slip(store::Tx& tx, const slips::Slip& slip, const slips::VoidOrder& order) {
    const auto voided = slips::void_slip(tx, order);
    if (!voided) {
        return voided.error();
    }
    kill_password_of(tx, slip);
    mail::supersede(tx, std::string(kSlipMailPrefix) + slip.number, order.actor);
    return done();
}

Result<bool> remind_of_slip(store::Tx& tx, const slips::Wait& due) {
    const auto found = slip_still_unused(tx, due);
    if (!found) {
        return found.error();
    }
    const auto& slip = *found;
    if (!slip) {
        return false;
    }
    if (!slips::note_reminder(tx, due)) {
        return false;
    }
    queue::enqueue(tx, kReminderJob, slip->number, slip->request.value(), tx.now());
    audit::append(tx, {"slip.reminded",
                       "system",
                       "slip:" + std::to_string(slip->id.value()),
                       {{"number", slip->number}}});
    return true;
}

Result<bool> void_unopened(store::Tx& tx, const slips::Wait& due) {
    const auto found = slip_still_unused(tx, due);
    if (!found) {
        return found.error();
    }
    const auto& slip = *found;
    if (!slip) {
        return false;
    }
    const auto ended =
        withdraw_slip(tx, *slip, {slip->id, std::string(kUnopened), std::string("system")});
    if (!ended) {
        return ended.error();
    }
    queue::enqueue(tx, kVoidedJob, slip->number, slip->request.value(), tx.now());
    return true;
}

Outcome take_slip_back(store::Tx& tx, const slips::Slip& slip, const slips::SlipReturn& came_back,
                       std::string_view actor) {
    Outcome returned = slips::return_slip(tx, slip, came_back, actor);
    if (returned) {
        kill_password_of(tx, slip);
        queue::enqueue(tx, kReturnedJob, slip.number, slip.request.value(), tx.now());
    }
    return returned;
}

Outcome slip_mail_bounced(store::Tx& tx, std::string_view mail_key, bool for_good) {
    const bool carries_slip = mail_key.starts_with(kSlipMailPrefix);
    const auto slip = slips::find_slip(
        tx, carries_slip ? mail_key.substr(kSlipMailPrefix.size()) : std::string_view());
    if (!slip || !is_unused(tx, *slip) || !slips::note_bounce(tx, slip->id, for_good)) {
        return done();
    }
    audit::append(tx, {"slip.bounced",
                       "system",
                       "slip:" + std::to_string(slip->id.value()),
                       {{"number", slip->number}, {"for_good", for_good}}});
    if (!for_good) {
        return done();
    }
    const auto ended = withdraw_slip(tx, *slip, {slip->id, std::string(kBounced), "system"});
    if (!ended) {
        return ended.error();
    }
    queue::enqueue(tx, kVoidedJob, slip->number, slip->request.value(), tx.now());
    return done();
}

/// What came of a slip is told to the contact its next one would go to.
Outcome run_slip_notice(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.slip-notice",
                           [&](store::Tx& tx) -> Outcome {
                               const auto slip = slips::find_slip(tx, job.key);
                               if (!slip) {
                                   return slip.error();
                               }
                               Outcome told = tell_reader(tx, works, job, *slip);
                               return told ? queue::complete(tx, job) : told;
                           });
}

}  // namespace sealdesk::effects
