#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "cards/card_record.h"
#include "requests/office.h"
#include "store/tx.h"
#include "subscribers/token.h"

// Which token gets the next card; for the station's files.
namespace sealdesk::effects {

/// The number of the request that ordered the token.
[[nodiscard]] std::string request_behind(const subscribers::Token& token);

/// The oldest ordered token, of a scheme ("": of any), that has no live card, and of whose spoiled
/// one every certificate is known to be revoked: there is never a second live pair.
[[nodiscard]] std::optional<subscribers::Token> next_waiting_for_card(store::Tx& tx,
                                                                      const std::string& scheme);

/// Whether the token's card goes out empty, by its scheme (CardPolicy); false for a key store.
[[nodiscard]] bool has_keys_at_home(store::Tx& tx, const requests::Office& office,
                                    const subscribers::Token& token);

/// Audit: card.<kind> of "card:<number>".
void record_card(store::Tx& tx, const cards::CardRecord& card, std::string_view kind,
                 std::string_view actor, nlohmann::json detail = nlohmann::json::object());

}  // namespace sealdesk::effects
