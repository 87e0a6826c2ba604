#include "effects/papers.h"
#include "requests/return_store.h"

namespace sealdesk::effects {
namespace {

mail::OutgoingMail reminder_mail(const queue::Job& job, const Matter& matter, const News& news,
                                 const subscribers::Contact& to) {
    mail::OutgoingMail reminder = news_mail("reminder:" + job.key, matter, news, to);
    reminder.subject =
        matter.scheme.short_title.zh + "：申請案 " + matter.request.number + " 補正期限將屆";
    reminder.text = "（提醒 Reminder）補正期限為 " + news.last_day_roc + "（" + news.last_day_iso +
                    "），當日送達仍予受理；逾期未補正者，申請案將予駁回。\n"
                    "Your correction is awaited until " +
                    news.last_day_iso +
                    " (that day included); after it the request is rejected.\n\n" + reminder.text;
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
            const auto enqueued =
                mail::enqueue(tx, sender_of(works, matter), reminder_mail(job, matter, news, *to));
            if (!enqueued) {
                return enqueued.error();
            }
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
