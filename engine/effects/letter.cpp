#include "effects/papers.h"

namespace sealdesk::effects {

/// The official letter on the result (M 4.2), or the request for correction; of what nobody applied
/// for a notice, once with the one that tell_notice() may print.
Outcome run_letter(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.letter", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const News news =
            news_of(tx, matter, requests::decision_behind(tx, matter.request.id, job.key));
        const auto to = news_recipient(tx, matter, news.kind);
        if (!to || to->address.empty()) {
            return queue::complete(tx, job);
        }
        if (matter.form.origin != scheme::Origin::Applicant) {
            Outcome told = tell_by_letter(tx, works, matter, notice_of(matter, news),
                                          {*to, "notice:" + job.key});
            return told ? queue::complete(tx, job) : told;
        }
        const bool approved = news.kind == News::Kind::Approved;
        slips::add_print_item(
            tx, {slips::PrintKind::Letter, matter.request.id,
                 approved ? paper_delivery(matter) : slips::Delivery::Post, matter.scheme.id,
                 news.kind == News::Kind::Returned ? "return-letter" : "result-letter",
                 letter_fields(matter, news, *to, tx.now()), "letter:" + job.key});
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
