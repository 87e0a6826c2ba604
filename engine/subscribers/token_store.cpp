#include <algorithm>
#include <array>

#include "subscribers/token_step.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 3> kTokenKinds{"primary", "secondary", "non_card"};
constexpr std::array<std::string_view, 3> kCertificateUses{"both", "signature", "encryption"};

constexpr std::string_view kInsertToken = R"sql(
    INSERT INTO subscriber_token (id, subscriber_id, order_key, kind, certificate_use, state,
                                  primary_key, card_number, ordered_at, changed_at)
    VALUES (?, ?, ?, ?, ?, 'ordered', ?, NULL, ?, ?)
)sql";

constexpr std::string_view kTokenById = R"sql(
    SELECT id, subscriber_id, order_key, kind, certificate_use, state, card_number
    FROM subscriber_token
    WHERE id = ?
)sql";

constexpr std::string_view kTokenOfOrder = R"sql(
    SELECT id, subscriber_id, order_key, kind, certificate_use, state, card_number
    FROM subscriber_token
    WHERE order_key = ?
)sql";

constexpr std::string_view kTokenOfCard = R"sql(
    SELECT id, subscriber_id, order_key, kind, certificate_use, state, card_number
    FROM subscriber_token
    WHERE card_number = ?
)sql";

constexpr std::string_view kTokensOf = R"sql(
    SELECT id, subscriber_id, order_key, kind, certificate_use, state, card_number
    FROM subscriber_token
    WHERE subscriber_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kTokensInState = R"sql(
    SELECT id, subscriber_id, order_key, kind, certificate_use, state, card_number
    FROM subscriber_token
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kNumberCard = R"sql(
    UPDATE subscriber_token
    SET card_number = ?, changed_at = ?
    WHERE id = ? AND card_number IS NULL
)sql";

constexpr std::string_view kCardUnmade = R"sql(
    UPDATE subscriber_token
    SET card_number = NULL
    WHERE id = ?
)sql";

constexpr std::string_view kTokenHolding = R"sql(
    SELECT token_id
    FROM token_certificate
    WHERE certificate_id = ?
)sql";

constexpr std::string_view kCertificatesIn = R"sql(
    SELECT certificate_id
    FROM token_certificate
    WHERE token_id = ?
    ORDER BY certificate_id
)sql";

constexpr std::string_view kPutIntoToken = R"sql(
    INSERT INTO token_certificate (certificate_id, token_id)
    VALUES (?, ?)
)sql";

template <class Enum, std::size_t Count>
std::optional<Enum> named_value(const std::array<std::string_view, Count>& names,
                                std::string_view text) {
    const auto* const found = std::ranges::find(names, text);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Enum>(found - names.begin());
}

Token read_token(const store::Row& row) {
    const auto kind = token_kind_from(row.text(3));
    const auto use = certificate_use_from(row.text(4));
    const auto state = token_state_from(row.text(5));
    SEALDESK_CHECK(kind && use && state);  // the table allows no other
    return {TokenId(row.number(0)),
            SubscriberId(row.number(1)),
            row.text(2),
            *kind,
            *use,
            *state,
            row.text_or_null(6).value_or("")};
}

std::optional<Token> first_token(const std::vector<store::Row>& rows) {
    return rows.empty() ? std::nullopt : std::optional(read_token(rows.front()));
}

}  // namespace

std::string_view to_text(TokenKind kind) { return kTokenKinds.at(static_cast<std::size_t>(kind)); }
std::string_view to_text(CertificateUse use) {
    return kCertificateUses.at(static_cast<std::size_t>(use));
}

std::optional<TokenKind> token_kind_from(std::string_view text) {
    return named_value<TokenKind>(kTokenKinds, text);
}
std::optional<CertificateUse> certificate_use_from(std::string_view text) {
    return named_value<CertificateUse>(kCertificateUses, text);
}

bool is_spent(store::Tx& tx, const Token& token) {
    const bool is_being_made =
        token.kind != TokenKind::NonCard && token.state == TokenState::Ordered;
    return !is_being_made && !certificates_in(tx, token.id).empty() && living_in(tx, token).empty();
}

bool has_primary(store::Tx& tx, SubscriberId subscriber) {
    return std::ranges::any_of(tokens_of(tx, subscriber), [&](const Token& one) {
        return one.kind == TokenKind::Primary && !is_over(one.state) && !is_spent(tx, one);
    });
}

Result<TokenId> order_token(store::Tx& tx, const Token& fresh) {
    if (const auto known = token_of_order(tx, fresh.order_key)) {
        return known->id;
    }
    if (fresh.kind != TokenKind::NonCard && fresh.use != CertificateUse::Both) {
        return Error{ErrorKind::Refused, "token.whole_card",
                     "A card carries a signature and an encryption certificate; only a non-card "
                     "subscriber may ask for one of them.",
                     fresh.order_key, "M 1.3.5.1"};
    }
    if (fresh.kind == TokenKind::Primary) {
        for (const Token& one : tokens_of(tx, fresh.subscriber)) {
            if (one.kind == TokenKind::Primary && !is_over(one.state)) {
                return Error{ErrorKind::Refused, "token.primary_exists",
                             "The entity has a primary card; it may apply for a secondary one.",
                             fresh.order_key, "M 1.3.5.1"};
            }
        }
    }
    tx.execute(kInsertToken, fresh.id.value(), fresh.subscriber.value(), fresh.order_key,
               to_text(fresh.kind), to_text(fresh.use), primary_key_of(fresh, TokenState::Ordered),
               tx.now(), tx.now());
    return fresh.id;
}

std::optional<Token> find_token(store::Tx& tx, TokenId id) {
    return first_token(tx.query(kTokenById, id.value()));
}

std::optional<Token> token_of_order(store::Tx& tx, std::string_view order_key) {
    return first_token(tx.query(kTokenOfOrder, order_key));
}

std::optional<Token> token_of_card(store::Tx& tx, std::string_view card_number) {
    return first_token(tx.query(kTokenOfCard, card_number));
}

std::vector<Token> tokens_of(store::Tx& tx, SubscriberId subscriber) {
    std::vector<Token> tokens;
    for (const store::Row& row : tx.query(kTokensOf, subscriber.value())) {
        tokens.push_back(read_token(row));
    }
    return tokens;
}

std::vector<Token> list_tokens(store::Tx& tx, TokenState state, std::int64_t after_id, int limit) {
    std::vector<Token> tokens;
    for (const store::Row& row : tx.query(kTokensInState, to_text(state), after_id, limit)) {
        tokens.push_back(read_token(row));
    }
    return tokens;
}

Outcome card_made(store::Tx& tx, const Token& seen, std::string_view card_number,
                  std::string_view actor) {
    const auto known = token_of_card(tx, card_number);
    if (known) {
        return known->id == seen.id
                   ? done()
                   : Error{ErrorKind::Refused, "token.card_number", "Another card has this number.",
                           seen.order_key, "M 4.2.1"};
    }
    if (tx.execute(kNumberCard, card_number, tx.now(), seen.id.value()) == 0) {
        return token_changed_meanwhile(seen);
    }
    if (seen.state == TokenState::Personalised) {
        return done();
    }
    const auto made = take_step(tx, seen, TokenEvent::Personalise, {std::string(actor)});
    return made ? done() : Outcome(made.error());
}

Outcome card_unmade(store::Tx& tx, const Token& seen, const StepBy& by) {
    const auto spoiled = take_step(tx, seen, TokenEvent::Spoil, by);
    if (spoiled) {
        tx.execute(kCardUnmade, seen.id.value());
    }
    return spoiled ? done() : Outcome(spoiled.error());
}

void put_into_token(store::Tx& tx, CertificateId certificate, TokenId token) {
    if (!token_holding(tx, certificate)) {
        tx.execute(kPutIntoToken, certificate.value(), token.value());
    }
}

std::optional<TokenId> token_holding(store::Tx& tx, CertificateId certificate) {
    const auto rows = tx.query(kTokenHolding, certificate.value());
    return rows.empty() ? std::nullopt : std::optional(TokenId(rows.front().number(0)));
}

std::vector<CertificateId> certificates_in(store::Tx& tx, TokenId token) {
    std::vector<CertificateId> certificates;
    for (const store::Row& row : tx.query(kCertificatesIn, token.value())) {
        certificates.emplace_back(row.number(0));
    }
    return certificates;
}

std::vector<Certificate> contents_of(store::Tx& tx, TokenId token) {
    std::vector<Certificate> inside;
    for (const CertificateId id : certificates_in(tx, token)) {
        inside.push_back(find_certificate_by_id(tx, id).value());  // rows are never removed
    }
    return inside;
}

std::vector<Certificate> living_in(store::Tx& tx, const Token& token) {
    auto living = contents_of(tx, token.id);
    std::erase_if(living, [&](const Certificate& one) { return !one.is_alive_at(tx.now()); });
    return living;
}

std::int64_t primary_key_of(const Token& token, TokenState state) {
    return token.kind == TokenKind::Primary && !is_over(state) ? 0 : token.id.value();
}

Error token_changed_meanwhile(const Token& token) {
    return {ErrorKind::Conflict,
            "token.changed_meanwhile",
            "The token changed at the same moment; look at it again.",
            token.name(),
            {}};
}

}  // namespace sealdesk::subscribers
