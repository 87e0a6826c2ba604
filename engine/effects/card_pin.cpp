#include "effects/card_pin.h"

#include <algorithm>

#include "audit/log.h"
#include "cards/card_record.h"
#include "cards/pin_form.h"
#include "crypto/cms.h"
#include "effects/guessable.h"
#include "officers/officer.h"
#include "subscribers/certificate.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using subscribers::KeptPuk;
using subscribers::PukOf;
using subscribers::Token;
using subscribers::TokenState;

/// Who asks for a new PIN, and whose card it must be; nobody's: a person at the counter asks.
struct Applicant {
    std::string actor;
    std::optional<SubscriberId> subscriber;
};

/// The card in the reader, and what is known here of it.
struct CardVisit {
    std::string identity;
    std::vector<std::string> guessable;  ///< what its PIN must not be made of
    std::optional<KeptPuk> puk;
};

Error pin_refused(std::string code, std::string detail, std::string where, std::string rule) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), std::move(where),
            std::move(rule)};
}

Result<std::string> select_card(cards::Card& card) {
    const Outcome selected = card.select();
    return selected ? card.identity() : selected.error();
}

/// The token that a finished card of this office is.
Result<Token> token_of_identity(store::Tx& tx, const std::string& identity) {
    const auto card = identity.empty() ? std::nullopt : cards::card_of_identity(tx, identity);
    if (!card || card->state != cards::CardState::Complete) {
        return pin_refused("card.not_ours", "This card was not issued here.", identity, {});
    }
    return subscribers::find_token(tx, card->token).value();
}

/// The subscriber has it, or it is under way to the subscriber.
bool is_in_use(TokenState state) {
    return state == TokenState::Personalised || state == TokenState::Shipped ||
           state == TokenState::HandedOver || state == TokenState::Accepted;
}

/// Certificates were put into it, and each of them is revoked.
bool is_revoked(store::Tx& tx, const Token& token) {
    const auto inside = subscribers::contents_of(tx, token.id);
    return !inside.empty() && std::ranges::all_of(inside, [](const auto& one) {
        return one.state == subscribers::CertificateState::Revoked;
    });
}

Outcome check_right(store::Tx& tx, const requests::Office& office, const Token& token,
                    const Applicant& applicant) {
    if (applicant.subscriber && *applicant.subscriber != token.subscriber) {
        return pin_refused("card.of_another", "This is not a card of the account's subscriber.", {},
                           "T 4.9.5");
    }
    const auto holder = subscribers::get_subscriber(tx, token.subscriber);
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, holder.scheme);
    if (!applicant.subscriber && (scheme == nullptr || scheme->accounts)) {
        return pin_refused("card.needs_website_password",
                           "The holder of this card has a website account; its password is needed "
                           "(--account).",
                           token.card_number, "T 4.9.5");
    }
    if (!is_in_use(token.state)) {
        return pin_refused("card.not_in_use",
                           "The card is not in its subscriber's use: it was reported lost, has "
                           "ended, or was not handed over.",
                           token.card_number, "T 4.9.5");
    }
    if (is_revoked(tx, token)) {
        return pin_refused("card.certificates_revoked",
                           "The certificates in this card are revoked; its PIN is not set anew.",
                           token.card_number, "T 4.9.5");
    }
    return done();
}

Result<CardVisit> look_at_card(const requests::Office& office, const std::string& identity,
                               const Applicant* applicant) {
    return store::transact(office.database, "card.look", [&](store::Tx& tx) -> Result<CardVisit> {
        const auto token = token_of_identity(tx, identity);
        if (!token) {
            return token.error();
        }
        const Outcome right =
            applicant == nullptr ? done() : check_right(tx, office, *token, *applicant);
        if (!right) {
            return right.error();
        }
        std::vector<std::string> more{token->card_number};
        if (const auto account = subscribers::account_of(tx, token->subscriber)) {
            more.push_back(account->name);
        }
        return CardVisit{identity, guessable(tx, token->subscriber, more),
                         subscribers::find_puk(tx, identity)};
    });
}

Outcome check_new_pin(const Secret& fresh, const cards::PinForm& form, const CardVisit& visit) {
    Outcome formed = cards::check_pin_form(fresh, form);
    if (!formed) {
        return formed;
    }
    if (is_run(fresh) || holds_guessable(fresh, visit.guessable) ||
        is_piece_of_guessable(fresh, visit.guessable)) {
        return pin_refused("card.weak_pin",
                           "A PIN is no run such as 123456 or 111111, and not made of what stands "
                           "on the registration form; nothing was sent to the card.",
                           {}, "T 4.9.7");
    }
    return done();
}

void log_card(const requests::Office& office, const audit::Event& event) {
    store::transact(office.database, "card.pin", [&](store::Tx& tx) { audit::append(tx, event); });
}

/// Of two that the card may have: the one that was not shown last without an answer.
PukOf to_be_tried(const KeptPuk& puk) {
    return puk.in_doubt() && puk.tried != PukOf::Next ? PukOf::Next : PukOf::Current;
}

std::string_view purpose_of(PinWork work) {
    return work == PinWork::Reset ? "pin reset" : "pin unblock";
}

/// The PUK in clear, after its event.
Result<Secret> open_puk(const PinDesk& desk, const KeptPuk& puk, PukOf which, PinWork work,
                        const std::string& actor) {
    store::Database& database = desk.office.database;
    store::transact(database, "puk.open", [&](store::Tx& tx) {
        subscribers::note_puk_opened(tx, puk.card_identity);
        audit::append(tx, {"puk.opened",
                           actor,
                           subject_of_card(puk.card_identity),
                           {{"purpose", purpose_of(work)}, {"puk", subscribers::to_text(which)}}});
    });
    auto opened = crypto::decrypt(which == PukOf::Next ? *puk.next : *puk.current, desk.key,
                                  desk.certificate);
    if (opened && puk.in_doubt()) {
        store::transact(database, "puk.try", [&](store::Tx& tx) {
            subscribers::note_puk_try(tx, puk, which);
            audit::append(tx, {"puk.tried", actor, subject_of_card(puk.card_identity)});
        });
    }
    return opened;
}

/// What the card answered to a PUK, noted; the PUK as it is kept afterwards.
KeptPuk note_answer(const PinDesk& desk, const KeptPuk& puk, PukOf has, int tries_left,
                    const std::string& actor, const std::string& event) {
    return store::transact(desk.office.database, "puk.answer", [&](store::Tx& tx) {
        settle_with_event(tx, puk, has, tries_left, actor);
        if (!event.empty()) {
            audit::append(tx, {event, actor, subject_of_card(puk.card_identity)});
        }
        return subscribers::find_puk(tx, puk.card_identity).value();
    });
}

/// After a PUK that was wrong, by what the card says: the PUK to go on with, or nothing when no
/// other may be tried.
std::optional<KeptPuk> after_wrong_puk(const PinDesk& desk, const KeptPuk& puk, PukOf tried,
                                       int tries_left, const std::string& actor) {
    const bool other = puk.in_doubt() && tried == PukOf::Current;
    KeptPuk noted =
        note_answer(desk, puk, other ? PukOf::Next : PukOf::Current, tries_left, actor, {});
    return puk.in_doubt() && tries_left > 0 ? std::optional(std::move(noted)) : std::nullopt;
}

/// Sets the PIN by the PUK that the card has, which is returned.
Result<Secret> set_pin(const PinDesk& desk, cards::Card& card, KeptPuk puk, const PinWish& wish,
                       const std::string& actor) {
    for (;;) {
        const Outcome allowed = check_puk_tries(puk.card_identity, puk.tries_left, wish.last_try);
        if (!allowed) {
            return allowed.error();
        }
        const PukOf which = to_be_tried(puk);
        auto opened = open_puk(desk, puk, which, wish.work, actor);
        if (!opened) {
            return opened;
        }
        const Outcome set = card.unblock(*opened, wish.fresh);
        if (set) {
            note_answer(desk, puk, which, subscribers::kPukTries, actor,
                        wish.work == PinWork::Reset ? "card.pin_reset" : "card.pin_unblocked");
            return opened;
        }
        const auto left = puk_tries_left(set.error());
        auto next = left ? after_wrong_puk(desk, puk, which, *left, actor) : std::nullopt;
        if (!next) {
            return set.error();  // what is not known the next visit finds out
        }
        puk = *std::move(next);
    }
}

Result<std::string> renew(const PinDesk& desk, cards::Card& card, const PinWish& wish,
                          const Applicant& applicant) {
    auto identity = select_card(card);
    if (!identity) {
        return identity;
    }
    const auto visit = look_at_card(desk.office, *identity, &applicant);
    const Outcome good = visit ? check_new_pin(wish.fresh, desk.form, *visit) : visit.error();
    if (!good) {
        return good.error();
    }
    if (!visit->puk || !visit->puk->current) {
        return pin_refused("puk.not_kept",
                           "The vault has no PUK of this card; it cannot be unblocked, only "
                           "replaced.",
                           *identity, {});
    }
    const auto state = card.pin_state();
    if (!state) {
        return state.error();
    }
    if (wish.work == PinWork::Unblock && !state->locked() && !visit->puk->opened_at) {
        return pin_refused("card.not_locked",
                           "The card is not locked: the PIN is changed with the old one, or reset "
                           "when it was forgotten.",
                           std::to_string(state->tries_left), "T 4.9.4");
    }
    const auto puk = set_pin(desk, card, *visit->puk, wish, applicant.actor);
    if (!puk) {
        return puk.error();
    }
    const Outcome renewed = desk.vault.replace(card, *identity, *puk, applicant.actor);
    if (!renewed) {
        return Error{
            renewed.error().kind,
            "card.puk_not_renewed",
            "The new PIN is in force; the card's PUK could not be renewed. Put the card in "
            "again and repeat.",
            renewed.error().code,
            {}};
    }
    return identity;
}

}  // namespace

Result<std::string> change_pin(const requests::Office& office, cards::Card& card,
                               const cards::PinForm& form, const PinChange& wanted) {
    auto identity = select_card(card);
    if (!identity) {
        return identity;
    }
    const auto visit = look_at_card(office, *identity, nullptr);
    Outcome good = visit ? check_new_pin(wanted.fresh, form, *visit) : visit.error();
    if (good) {
        good = cards::check_pin_form(wanted.old, form);
    }
    if (good && wanted.old.same_as(wanted.fresh)) {
        good = pin_refused("card.pin_unchanged", "The new PIN is the old one.", {}, "T 4.9.6");
    }
    if (!good) {
        return good.error();
    }
    const Outcome changed = card.change(cards::Credential::Pin, wanted.old, wanted.fresh);
    const std::string subject = subject_of_card(*identity);
    if (changed) {
        log_card(office, {"card.pin_changed", "subscriber", subject});
        return identity;
    }
    const Error& error = changed.error();
    if (error.code == "card.wrong_pin") {
        log_card(office, {"card.pin_wrong", "subscriber", subject, {{"tries_left", error.where}}});
    } else if (error.code == "card.pin_locked") {
        log_card(office, {"card.pin_locked", "subscriber", subject});
    }
    return error;
}

Result<std::string> renew_pin(const PinDesk& desk, cards::Card& card, const Visitor& visitor,
                              const PinWish& wish) {
    return renew(desk, card, wish, {visitor.actor(), visitor.subscriber().id});
}

Result<std::string> renew_pin_at_counter(const PinDesk& desk, cards::Card& card,
                                         const std::string& login, const PinWish& wish) {
    return renew(desk, card, wish, {officers::actor_of(login), std::nullopt});
}

}  // namespace sealdesk::effects
