#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

// Cards of this office as its tables know them: those that were taken from the stock.
namespace sealdesk::cards {

using CardRecordId = Id<struct CardRecordTag>;

/// In work: at the station, or pulled out in the middle; it can be resumed. Stored as text.
enum class CardState { InWork, Complete, Spoiled };
[[nodiscard]] std::string_view to_text(CardState state);

/// The steps of personalisation, in their order; what is stored is certainly done. Stored as text.
enum class CardStep {
    Reserved,   ///< a token is to have a card, a blank one is in the reader
    Named,      ///< the card bears its identity
    Keyed,      ///< both keys are made in the card, and both signed their PKCS#10
    Certified,  ///< both certificates are kept
    Written,    ///< they are in the card, and were read back
    PinSet,     ///< random PIN; its slip lies sealed in the row
    PukSet,     ///< random PUK; it lies sealed in the vault
    Complete,   ///< the station can write no more
};
[[nodiscard]] std::string_view to_text(CardStep step);

struct CardRecord {
    CardRecordId id;
    std::string identity;  ///< 32 hexadecimal digits
    TokenId token;
    std::string number;  ///< "C115-000042-7", printed on the card
    CardState state = CardState::InWork;
    CardStep step = CardStep::Reserved;
    std::string signature_csr;   ///< DER PKCS#10; empty before Keyed
    std::string encryption_csr;  ///< likewise
    std::string pin_page;        ///< sealed PIN slip; empty but from PinSet to Complete
    std::int64_t pin_pages = 0;
    std::string spoiled_why;
    std::string actor;
    std::int64_t version = 0;
    Instant begun_at{};
    Instant changed_at{};
};

/// Takes a blank card for a token. The UNIQUE key card_one_a_token decides when two stations do it
/// at once (Conflict).
[[nodiscard]] CardRecord reserve_card(store::Tx& tx, TokenId token, std::string_view identity,
                                      std::string_view actor);

/// Writes step, state, identity and what was made; compare-and-set on the version. Error
/// (Conflict) card.changed_meanwhile.
Outcome save_card(store::Tx& tx, const CardRecord& changed);

[[nodiscard]] std::optional<CardRecord> card_of_identity(store::Tx& tx, std::string_view identity);
[[nodiscard]] std::optional<CardRecord> card_of_number(store::Tx& tx, std::string_view number);
/// The one that is not spoiled.
[[nodiscard]] std::optional<CardRecord> live_card_of(store::Tx& tx, TokenId token);
/// One that was reserved for a blank card and has not got its name: the next blank card is for it.
[[nodiscard]] std::optional<CardRecord> card_reserved_only(store::Tx& tx);

/// A page by key.
[[nodiscard]] std::vector<CardRecord> list_cards(store::Tx& tx, CardState state,
                                                 std::int64_t after_id, int limit);

}  // namespace sealdesk::cards
