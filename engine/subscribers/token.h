#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"
#include "subscribers/certificate.h"
#include "subscribers/token_life.h"

namespace sealdesk::subscribers {

/// What a certificate lies in (M 1.3.5.1): an entity has one primary card, and any number of
/// secondary cards; what is no card counts as secondary. Stored as text.
enum class TokenKind { Primary, Secondary, NonCard };
[[nodiscard]] std::string_view to_text(TokenKind kind);
[[nodiscard]] std::optional<TokenKind> token_kind_from(std::string_view text);

/// Which certificates a token carries: a card both, a non-card subscriber may ask for one.
enum class CertificateUse { Both, Signature, Encryption };
[[nodiscard]] std::string_view to_text(CertificateUse use);
[[nodiscard]] std::optional<CertificateUse> certificate_use_from(std::string_view text);

struct StepBy;  // subscribers/token_step.h

/// 符記.
struct Token {
    TokenId id;
    SubscriberId subscriber;
    std::string order_key;  ///< what ordered it, such as "request:R115-000001-2"; unique
    TokenKind kind;
    CertificateUse use;
    TokenState state = TokenState::Ordered;
    std::string card_number = {};  ///< empty until the card is made

    /// As people are told of it: the card's number, or what ordered it.
    [[nodiscard]] const std::string& name() const {
        return card_number.empty() ? order_key : card_number;
    }
};

/// Its certificates are all revoked or expired. One that has none yet is not spent, nor is a card
/// that is being made: those of a spoiled one before it are revoked.
[[nodiscard]] bool is_spent(store::Tx& tx, const Token& token);

/// The subscriber has a primary card that is neither over nor spent.
[[nodiscard]] bool has_primary(store::Tx& tx, SubscriberId subscriber);

/// Orders a token; the same order again changes nothing. Refused: token.primary_exists when the
/// subscriber has a primary card already (the UNIQUE key token_one_primary decides when two do it
/// at once); token.whole_card when a card is to carry one certificate only.
[[nodiscard]] Result<TokenId> order_token(store::Tx& tx, const Token& fresh);

[[nodiscard]] std::optional<Token> find_token(store::Tx& tx, TokenId id);
[[nodiscard]] std::optional<Token> token_of_order(store::Tx& tx, std::string_view order_key);
[[nodiscard]] std::optional<Token> token_of_card(store::Tx& tx, std::string_view card_number);

/// Those of one subscriber, oldest first.
[[nodiscard]] std::vector<Token> tokens_of(store::Tx& tx, SubscriberId subscriber);

/// A page of tokens in one state, by key: Ordered ones are what the card centre has to make.
[[nodiscard]] std::vector<Token> list_tokens(store::Tx& tx, TokenState state, std::int64_t after_id,
                                             int limit);

/// The number printed on the finished card; an Ordered token is personalised by it. Refused
/// token.card_number when another card has it; errors of take_step() (subscribers/token_step.h).
Outcome card_made(store::Tx& tx, const Token& seen, std::string_view card_number,
                  std::string_view actor = "system");

/// A made card was spoiled before it left the office: the token waits for another one, under
/// another number. Errors of take_step().
Outcome card_unmade(store::Tx& tx, const Token& seen, const StepBy& by);

/// Notes which token a certificate lies in; again changes nothing.
void put_into_token(store::Tx& tx, CertificateId certificate, TokenId token);
[[nodiscard]] std::optional<TokenId> token_holding(store::Tx& tx, CertificateId certificate);
[[nodiscard]] std::vector<CertificateId> certificates_in(store::Tx& tx, TokenId token);

/// The same with what they are; costs as much as there are in it.
[[nodiscard]] std::vector<Certificate> contents_of(store::Tx& tx, TokenId token);

/// Those that are neither revoked nor expired.
[[nodiscard]] std::vector<Certificate> living_in(store::Tx& tx, const Token& token);

/// 0 keeps the place of the one primary card; every other row takes its own.
[[nodiscard]] std::int64_t primary_key_of(const Token& token, TokenState state);

[[nodiscard]] Error token_changed_meanwhile(const Token& token);

}  // namespace sealdesk::subscribers
