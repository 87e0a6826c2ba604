#include "effects/papers.h"
#include "requests/return_store.h"

namespace sealdesk::effects {
namespace {

Notice reminder_of(const News& news) {
    Notice reminder{"reminder", {{"due_on", news.last_day_roc}, {"due_on_iso", news.last_day_iso}}};
    std::string& reasons = reminder.fields["reasons"];
    for (const std::string& reason : news.reasons) {
        reasons += (reasons.empty() ? "" : "\n") + reason;
    }
    return reminder;
}

}  // namespace

/// The last days of a correction have begun: a mail, or a letter where no address for mails is
/// known. A form that came back meanwhile needs none.
Outcome run_reminder(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.reminder", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto decision = requests::decision_behind(tx, matter.request.id, job.key);
        const auto stay = requests::open_return(tx, matter.request.id);
        const News news = news_of(tx, matter, decision);
        const auto to = news_recipient(tx, matter, news.kind);
        if (!stay || stay->request_version != decision.request_version || !to) {
            return queue::complete(tx, job);
        }
        if (to->email.empty() && !to->address.empty()) {
            slips::add_print_item(
                tx, {slips::PrintKind::Letter, matter.request.id, slips::Delivery::Post,
                     matter.scheme.id, "return-letter", letter_fields(matter, news, *to, tx.now()),
                     "reminder:" + job.key});
        } else if (!to->email.empty()) {
            auto mail = mail_about(works, matter, reminder_of(news), {*to, "reminder:" + job.key});
            if (mail) {
                mail->kind = "result";
            }
            Outcome posted = post(tx, works, matter, mail);
            if (!posted) {
                return posted;
            }
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
