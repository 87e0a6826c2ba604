#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sealdesk::subscribers {

/// Where a token stands. Stored as text. A blank card is none yet: it is the stock's.
enum class TokenState {
    Ordered,       ///< approved; the card centre makes the card, or the subscriber sends its CSR
    Personalised,  ///< made: keys and certificates are in it
    Shipped,       ///< posted as registered mail (M 4.2.1.2)
    AtCounter,     ///< could not be delivered, or is picked up: to be collected (M 4.2.1.2)
    HandedOver,    ///< the subscriber has it: collected, or its delivery is confirmed
    Accepted,      ///< the subscriber has confirmed its content (M 4.3)
    Suspended,     ///< the counter holds all its certificates (M 4.4.7)
    Lost,          ///< reported lost: held at once, revoked when it is confirmed (M 4.4.1)
    Damaged,       ///< does not work any more
    Returned,      ///< the subscriber gave it back
    Retired,       ///< revoked, replaced, expired or not wanted any more
};
inline constexpr std::size_t kTokenStateCount = 11;

/// What happens to a token. Stored as text.
enum class TokenEvent {
    Personalise,    ///< the card is made, or the certificates of a key store are issued
    Post,           ///< its parcel is posted
    KeepAtCounter,  ///< its parcel came back undelivered, or waits to be picked up
    Receive,        ///< the post, or an officer, confirms that it reached the subscriber
    Collect,        ///< handed over at the counter: seals and identity cards were checked
    Accept,         ///< everything in it is accepted
    Suspend,        ///< 停用, by the counter
    Resume,         ///< 復用, by the counter; of a lost one: it was found
    Lose,           ///< 掛失
    Damage,         ///< 毀損
    Return,         ///< 退回: defective, or not wanted
    Retire,         ///< 終止; of a lost one: the loss is confirmed
    Spend,          ///< nothing in it is alive: everything was revoked or has expired
    Spoil,          ///< the made card was spoiled before it left; another one is made
};
inline constexpr std::size_t kTokenEventCount = 14;

/// What an event does to the living certificates in the token. Jobs carry it out: the CA answers
/// first.
enum class OnCertificates { Nothing, Hold, Release, Revoke };

/// One line of the table. `revoked_for`: the reason of a revocation as RFC 5280 §5.3.1 names it.
struct Transition {
    TokenState from;
    TokenEvent event;
    TokenState to;
    OnCertificates certificates = OnCertificates::Nothing;
    std::string_view revoked_for = {};
};

namespace life {
using enum TokenState;
using enum TokenEvent;
using enum OnCertificates;
/// A lost key may be in wrong hands; a damaged card is replaced; the rest is not used any more.
inline constexpr std::string_view kLost = "key_compromise";
inline constexpr std::string_view kBroken = "superseded";
inline constexpr std::string_view kOver = "cessation_of_operation";

/// The life of a token: all that may happen, and what each does to the certificates (M 4.2.1.2,
/// M 4.3, M 4.4.1, M 4.4.5, M 4.4.9). What is not here is refused. Resume leads to HandedOver, and
/// from there at once to Accepted when everything in the token is accepted. After Spoil the station
/// names the certificates to revoke: those of the card that was spoiled, not of the next one.
// clang-format off
inline constexpr std::array kTokenLife{
    Transition{Ordered,      Personalise,   Personalised},
    Transition{Ordered,      Retire,        Retired,    Revoke, kOver},
    Transition{Ordered,      Spend,         Retired},
    Transition{Personalised, Post,          Shipped},
    Transition{Personalised, KeepAtCounter, AtCounter},
    Transition{Personalised, Receive,       HandedOver},
    Transition{Personalised, Accept,        Accepted},
    Transition{Personalised, Lose,          Lost,       Hold},
    Transition{Personalised, Damage,        Damaged,    Revoke, kBroken},
    Transition{Personalised, Retire,        Retired,    Revoke, kOver},
    Transition{Personalised, Spend,         Retired},
    Transition{Personalised, Spoil,         Ordered},
    Transition{Shipped,      KeepAtCounter, AtCounter},
    Transition{Shipped,      Receive,       HandedOver},
    Transition{Shipped,      Accept,        Accepted},
    Transition{Shipped,      Lose,          Lost,       Hold},
    Transition{Shipped,      Damage,        Damaged,    Revoke, kBroken},
    Transition{Shipped,      Return,        Returned,   Revoke, kOver},
    Transition{Shipped,      Retire,        Retired,    Revoke, kOver},
    Transition{Shipped,      Spend,         Retired},
    Transition{AtCounter,    Collect,       HandedOver},
    Transition{AtCounter,    Lose,          Lost,       Hold},
    Transition{AtCounter,    Damage,        Damaged,    Revoke, kBroken},
    Transition{AtCounter,    Retire,        Retired,    Revoke, kOver},
    Transition{AtCounter,    Spend,         Retired},
    Transition{HandedOver,   Accept,        Accepted},
    Transition{HandedOver,   Suspend,       Suspended,  Hold},
    Transition{HandedOver,   Lose,          Lost,       Hold},
    Transition{HandedOver,   Damage,        Damaged,    Revoke, kBroken},
    Transition{HandedOver,   Return,        Returned,   Revoke, kOver},
    Transition{HandedOver,   Retire,        Retired,    Revoke, kOver},
    Transition{HandedOver,   Spend,         Retired},
    Transition{Accepted,     Suspend,       Suspended,  Hold},
    Transition{Accepted,     Lose,          Lost,       Hold},
    Transition{Accepted,     Damage,        Damaged,    Revoke, kBroken},
    Transition{Accepted,     Return,        Returned,   Revoke, kOver},
    Transition{Accepted,     Retire,        Retired,    Revoke, kOver},
    Transition{Accepted,     Spend,         Retired},
    Transition{Suspended,    Resume,        HandedOver, Release},
    Transition{Suspended,    Lose,          Lost,       Hold},
    Transition{Suspended,    Damage,        Damaged,    Revoke, kBroken},
    Transition{Suspended,    Return,        Returned,   Revoke, kOver},
    Transition{Suspended,    Retire,        Retired,    Revoke, kOver},
    Transition{Suspended,    Spend,         Retired},
    Transition{Lost,         Resume,        HandedOver, Release},
    Transition{Lost,         Damage,        Damaged,    Revoke, kBroken},
    Transition{Lost,         Return,        Returned,   Revoke, kOver},
    Transition{Lost,         Retire,        Retired,    Revoke, kLost},
    Transition{Lost,         Spend,         Retired},
};
// clang-format on
}  // namespace life

using life::kTokenLife;

/// Null: not from here.
[[nodiscard]] constexpr const Transition* find_transition(TokenState from, TokenEvent event) {
    const auto* const found = std::ranges::find_if(
        kTokenLife, [&](const Transition& one) { return one.from == from && one.event == event; });
    return found == kTokenLife.end() ? nullptr : found;
}

/// Has not reached its subscriber yet.
[[nodiscard]] constexpr bool is_on_its_way(TokenState state) {
    return state <= TokenState::AtCounter;
}

/// The end: a primary card makes room for another, and nothing leads out.
[[nodiscard]] constexpr bool is_over(TokenState state) { return state >= TokenState::Damaged; }

[[nodiscard]] std::string_view to_text(TokenState state);
[[nodiscard]] std::string_view to_text(TokenEvent event);
[[nodiscard]] std::string_view to_text(OnCertificates what);
[[nodiscard]] std::optional<TokenState> token_state_from(std::string_view text);
[[nodiscard]] std::optional<TokenEvent> token_event_from(std::string_view text);

/// "resume, damage, return": what may happen in this state; empty at the end.
[[nodiscard]] std::string possible_from(TokenState state);

}  // namespace sealdesk::subscribers
