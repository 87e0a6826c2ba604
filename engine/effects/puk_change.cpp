#include "effects/puk_change.h"

#include "audit/log.h"
#include "base/text.h"
#include "crypto/cms.h"

namespace sealdesk::effects {
namespace {

using subscribers::KeptPuk;
using subscribers::PukOf;

constexpr std::string_view kPukSymbols = "0123456789";

void settle(store::Database& database, const KeptPuk& seen, PukOf which, int tries_left,
            const std::string& actor) {
    store::transact(database, "puk.settle",
                    [&](store::Tx& tx) { settle_with_event(tx, seen, which, tries_left, actor); });
}

std::optional<KeptPuk> look_up(store::Database& database, const std::string& identity) {
    return store::transact(database, "puk.find",
                           [&](store::Tx& tx) { return subscribers::find_puk(tx, identity); });
}

}  // namespace

std::string subject_of_card(const std::string& identity) { return "card:" + identity; }

void settle_with_event(store::Tx& tx, const KeptPuk& seen, PukOf which, int tries_left,
                       const std::string& actor) {
    subscribers::settle_puk(tx, seen, which, tries_left);
    audit::append(tx, {"puk.settled",
                       actor,
                       subject_of_card(seen.card_identity),
                       {{"has", subscribers::to_text(which)}, {"tries_left", tries_left}}});
}

std::optional<int> puk_tries_left(const Error& error) {
    if (error.code == "card.puk_locked") {
        return 0;
    }
    const auto left = error.code == "card.wrong_puk" ? parse_number(error.where) : std::nullopt;
    return left ? std::optional(static_cast<int>(*left)) : std::nullopt;
}

Outcome check_puk_tries(const std::string& identity, int tries_left, bool last_try) {
    if (tries_left > 1 || last_try) {
        return done();
    }
    return Error{ErrorKind::Refused,
                 "card.puk_last_try",
                 "The card's PUK may have one try left; a wrong one would lock the card for ever. "
                 "With --last-try it is tried all the same.",
                 identity,
                 {}};
}

std::string PukVault::seal(const Secret& puk) const {
    return crypto::encrypt_to(service_, puk.reveal());
}

Outcome PukVault::replace(cards::Card& card, const std::string& identity, const Secret& old,
                          const std::string& actor) const {
    const Secret fresh = random_text(database_.random(), kPukSymbols, kPukLength);
    const std::string sealed = seal(fresh);
    Outcome begun = store::transact(database_, "puk.begin", [&](store::Tx& tx) {
        Outcome kept = subscribers::begin_puk_change(tx, identity, sealed);
        if (kept) {
            audit::append(tx, {"puk.change_begun", actor, subject_of_card(identity)});
        }
        return kept;
    });
    if (!begun) {
        return begun;
    }
    Outcome changed = card.change(cards::Credential::Puk, old, fresh);
    if (!changed) {
        const auto left = puk_tries_left(changed.error());
        const auto seen = left ? look_up(database_, identity) : std::nullopt;
        if (seen) {  // the card did not take the fresh one
            settle(database_, *seen, PukOf::Current, *left, actor);
        }
        return changed;
    }
    return store::transact(database_, "puk.confirm", [&](store::Tx& tx) {
        Outcome confirmed = subscribers::confirm_puk_change(tx, identity);
        if (confirmed) {
            audit::append(tx, {"puk.renewed", actor, subject_of_card(identity)});
        }
        return confirmed;
    });
}

Outcome PukVault::put_first(cards::Card& card, const std::string& identity, const Secret& delivered,
                            const std::string& actor) const {
    const auto seen = look_up(database_, identity);
    if (!seen) {
        return replace(card, identity, delivered, actor);
    }
    if (!seen->in_doubt() || seen->current) {
        return done();  // it has one of its own; what is in doubt since is the unblock service's
    }
    Outcome allowed = check_puk_tries(identity, seen->tries_left, false);
    if (!allowed) {
        return allowed;
    }
    store::transact(database_, "puk.try", [&](store::Tx& tx) {
        subscribers::note_puk_try(tx, *seen, PukOf::Current);
        audit::append(tx, {"puk.tried", actor, subject_of_card(identity)});
    });
    Outcome probed = card.change(cards::Credential::Puk, delivered, delivered);
    if (probed) {
        settle(database_, *seen, PukOf::Current, subscribers::kPukTries, actor);
        return replace(card, identity, delivered, actor);
    }
    const auto left = puk_tries_left(probed.error());
    if (!left || *left == 0) {
        return probed;
    }
    settle(database_, *seen, PukOf::Next, *left, actor);
    return done();
}

}  // namespace sealdesk::effects
