#include "effects/card_queue.h"

#include "audit/log.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using subscribers::Token;

constexpr int kWaitingPage = 50;
constexpr std::string_view kTokenOrderPrefix = "request:";  // token_order_key()

bool waits_for_card(store::Tx& tx, const Token& token, const std::string& scheme) {
    if (token.kind == subscribers::TokenKind::NonCard || cards::live_card_of(tx, token.id) ||
        !subscribers::living_in(tx, token).empty()) {
        return false;
    }
    const auto request = requests::find_request(tx, request_behind(token));
    return request && (scheme.empty() || request->scheme == scheme);
}

}  // namespace

std::string request_behind(const Token& token) {
    SEALDESK_CHECK(token.order_key.starts_with(kTokenOrderPrefix));
    return token.order_key.substr(kTokenOrderPrefix.size());
}

std::optional<Token> next_waiting_for_card(store::Tx& tx, const std::string& scheme) {
    std::int64_t after = 0;
    for (;;) {
        const auto page =
            subscribers::list_tokens(tx, subscribers::TokenState::Ordered, after, kWaitingPage);
        for (const Token& token : page) {
            if (waits_for_card(tx, token, scheme)) {
                return token;
            }
            after = token.id.value();
        }
        if (page.empty()) {
            return std::nullopt;
        }
    }
}

bool has_keys_at_home(store::Tx& tx, const requests::Office& office, const Token& token) {
    const auto request = requests::find_request(tx, request_behind(token));
    const scheme::Scheme* scheme =
        request ? scheme::find_scheme(office.schemes, request->scheme) : nullptr;
    return scheme != nullptr && scheme->cards.keys_at_home &&
           token.kind != subscribers::TokenKind::NonCard;
}

void record_card(store::Tx& tx, const cards::CardRecord& card, std::string_view kind,
                 std::string_view actor, nlohmann::json detail) {
    audit::append(tx, {"card." + std::string(kind), std::string(actor), "card:" + card.number,
                       std::move(detail)});
}

}  // namespace sealdesk::effects
