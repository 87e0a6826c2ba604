#include "effects/papers.h"

namespace sealdesk::effects {

/// One mail for each decision. When the slip is e-delivered, the mail that carries it is the one
/// (slip.cpp), so there is nothing to do here.
Outcome run_mail(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.mail", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const News news = news_of(requests::decision_behind(tx, matter.request.id, job.key));
        const auto to = news_recipient(tx, matter, news.kind);
        const bool carried_by_slip = news.kind == News::Kind::Approved && is_electronic(matter);
        if (to && !to->email.empty() && !carried_by_slip) {
            const auto enqueued = mail::enqueue(tx, sender_of(works, matter),
                                                news_mail("result:" + job.key, matter, news, *to));
            if (!enqueued) {
                return enqueued.error();
            }
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
