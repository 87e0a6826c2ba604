#include "effects/papers.h"

namespace sealdesk::effects {
namespace {

Outcome tell_news(store::Tx& tx, const Works& works, const queue::Job& job, const Matter& matter,
                  const News& news, const subscribers::Contact& to) {
    if (to.email.empty()) {
        return done();
    }
    return post(tx, works, matter, news_mail(works, matter, news, {to, "result:" + job.key}));
}

}  // namespace

/// A certificate was put on hold because nobody accepted it in time (M 4.4.5): its subscriber is
/// told what to do.
Outcome run_unaccepted_notice(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.unaccepted-notice", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto subscriber =
                subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
            const Bilingual why = matter.text("unaccepted");
            const Notice notice{
                "unaccepted-hold",
                {{"serial", job.key}, {"explanation", why.zh}, {"explanation_en", why.en}}};
            const auto to = subscribers::current_contact(tx, subscriber.value().id);
            Outcome told = tell_notice(tx, works, matter, notice, {to, "unaccepted:" + job.key});
            return told ? queue::complete(tx, job) : told;
        });
}

/// One mail for each decision; what the register reported is told by mail or by letter
/// (M 4.4.3 (6)). When the slip is e-delivered, the mail that carries it is the one (slip.cpp), so
/// there is nothing to do here.
Outcome run_mail(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.mail", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const News news =
            news_of(tx, matter, requests::decision_behind(tx, matter.request.id, job.key));
        const auto to = news_recipient(tx, matter, news.kind);
        const bool carried_by_slip = news.kind == News::Kind::Approved && is_electronic(matter);
        if (to && !carried_by_slip) {
            const bool applied = matter.form.origin == scheme::Origin::Applicant;
            Outcome told = applied ? tell_news(tx, works, job, matter, news, *to)
                                   : tell_notice(tx, works, matter, notice_of(matter, news),
                                                 {*to, "notice:" + job.key});
            if (!told) {
                return told;
            }
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
