#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cards/card_stock.h"
#include "requests/office.h"
#include "subscribers/token.h"

namespace sealdesk::effects {

/// What is printed on a card (M 2.1.3 (3)): public data only.
struct CardFace {
    std::string number;
    std::string name;
    std::string id_number;
    subscribers::TokenKind kind;
    /// In Taiwan, of the certificate that ends first; none for a card that goes out empty.
    std::optional<std::chrono::year_month_day> valid_until;
};

/// Errors: card.unknown (NotFound); card.not_certified (Refused) before its certificates are kept.
[[nodiscard]] Result<CardFace> card_face(const requests::Office& office, std::string_view number);

/// cards::enter_stock() with its audit event card.stock.
Outcome enter_card_stock(store::Database& database, const cards::StockEntry& entry);

}  // namespace sealdesk::effects
