#include "audit/log.h"
#include "effects/matter.h"
#include "effects/parcel_steps.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using subscribers::Token;
using subscribers::TokenEvent;
using subscribers::TokenKind;
using subscribers::TokenState;

/// A primary card whose certificates are all revoked or expired makes room for the next one.
Outcome end_spent_primary(store::Tx& tx, SubscriberId subscriber) {
    for (const Token& one : subscribers::tokens_of(tx, subscriber)) {
        if (one.kind == TokenKind::Primary && !subscribers::is_over(one.state) &&
            subscribers::is_spent(tx, one)) {
            const auto ended = subscribers::take_step(tx, one, TokenEvent::Spend, {"system"});
            if (!ended) {
                return ended.error();
            }
        }
    }
    return done();
}

Token token_on(store::Tx& tx, const Matter& matter, SubscriberId subscriber) {
    const std::string& asked = matter.form.roles.token_kind;
    // What nobody applied for is the entity's one primary card (M 4.2.1.2).
    const auto kind = asked.empty() ? std::optional(TokenKind::Primary)
                                    : subscribers::token_kind_from(matter.value(asked));
    if (!kind) {
        throw_internal("token.no_kind", "An approved form does not say which token it asks for.");
    }
    const auto use =
        subscribers::certificate_use_from(matter.value(matter.form.roles.certificate_use));
    const bool may_choose = *kind == TokenKind::NonCard && use;
    return {TokenId(tx.new_id()), subscriber, token_order_key(matter.request), *kind,
            may_choose ? *use : subscribers::CertificateUse::Both};
}

}  // namespace

std::string token_order_key(const requests::Request& request) {
    return "request:" + request.number;
}

/// Orders the card, or the place for the certificates of a non-card subscriber (M 4.2.1.1 (4)).
/// The card centre takes what is ordered (subscribers::list_tokens).
Outcome run_token_order(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.token", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto subscriber = applicant_of(tx, matter);
        if (!subscriber) {
            return subscriber.error();
        }
        const Token fresh = token_on(tx, matter, subscriber->id);
        if (subscribers::token_of_order(tx, fresh.order_key)) {
            return queue::complete(tx, job);
        }
        if (fresh.kind == TokenKind::Primary) {
            Outcome room = end_spent_primary(tx, subscriber->id);
            if (!room) {
                return room;
            }
        }
        const auto ordered = subscribers::order_token(tx, fresh);
        if (!ordered) {
            return ordered.error();
        }
        audit::append(tx, {"token.ordered",
                           "system",
                           "token:" + std::to_string(ordered->value()),
                           {{"request", matter.request.number},
                            {"kind", subscribers::to_text(fresh.kind)},
                            {"certificates", subscribers::to_text(fresh.use)}}});
        return queue::complete(tx, job);
    });
}

/// 領取單 (M 4.2.1.2): the cards that lie at the counter are the subscriber's now. One in a parcel
/// is so when the parcel is handed over (effects::collect_parcel).
Outcome run_token_collect(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.collect", [&](store::Tx& tx) -> Outcome {
        const Matter matter = read_matter(tx, works, RequestId(job.subject));
        const auto subscriber = applicant_of(tx, matter);
        if (!subscriber) {
            return subscriber.error();
        }
        bool any = false;
        for (const Token& one : subscribers::tokens_of(tx, subscriber->id)) {
            if (one.state != TokenState::AtCounter) {
                continue;
            }
            any = true;
            if (lies_in_parcel(tx, one)) {
                continue;
            }
            const auto moved = subscribers::take_step(tx, one, TokenEvent::Collect,
                                                      {"request:" + matter.request.number});
            if (!moved) {
                return moved.error();
            }
        }
        if (!any) {
            return Error{ErrorKind::Refused, "token.none_at_counter",
                         "No card of this subscriber lies at the counter.", matter.request.number,
                         "M 4.2.1.2"};
        }
        return queue::complete(tx, job);
    });
}

}  // namespace sealdesk::effects
