#include <algorithm>
#include <array>

#include "cards/card_record.h"
#include "store/counters.h"

namespace sealdesk::cards {
namespace {

#define SEALDESK_CARD_COLUMNS                                                                \
    "id, identity, token_id, number, state, step, signature_csr, encryption_csr, pin_page, " \
    "pin_pages, spoiled_why, actor, version, begun_at, changed_at"

constexpr std::string_view kInsertCard = R"sql(
    INSERT INTO card (id, identity, token_id, live_key, number, state, step, actor, version,
                      begun_at, changed_at)
    VALUES (?, ?, ?, 0, ?, 'in_work', 'reserved', ?, 1, ?, ?)
)sql";

constexpr std::string_view kSaveCard = R"sql(
    UPDATE card
    SET identity = ?, live_key = ?, state = ?, step = ?, signature_csr = ?, encryption_csr = ?,
        pin_page = ?, pin_pages = ?, spoiled_why = ?, actor = ?, version = version + 1,
        changed_at = ?
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kCardById = "SELECT " SEALDESK_CARD_COLUMNS " FROM card WHERE id = ?";
constexpr std::string_view kCardByIdentity =
    "SELECT " SEALDESK_CARD_COLUMNS " FROM card WHERE identity = ?";
constexpr std::string_view kCardByNumber =
    "SELECT " SEALDESK_CARD_COLUMNS " FROM card WHERE number = ?";
constexpr std::string_view kLiveCardOf =
    "SELECT " SEALDESK_CARD_COLUMNS " FROM card WHERE token_id = ? AND live_key = 0";
constexpr std::string_view kCardReserved =
    "SELECT " SEALDESK_CARD_COLUMNS
    " FROM card WHERE state = 'in_work' AND step = 'reserved' ORDER BY id LIMIT 1";
constexpr std::string_view kCardPage =
    "SELECT " SEALDESK_CARD_COLUMNS " FROM card WHERE state = ? AND id > ? ORDER BY id LIMIT ?";

constexpr std::array<std::string_view, 3> kCardStates{"in_work", "complete", "spoiled"};
constexpr std::array<std::string_view, 8> kCardSteps{"reserved", "named",   "keyed",   "certified",
                                                     "written",  "pin_set", "puk_set", "complete"};

template <class Enum, std::size_t N>
Enum card_word(const std::array<std::string_view, N>& words, std::string_view text) {
    const auto found = std::ranges::find(words, text);
    if (found == words.end()) {
        throw_internal("card.bad_row", "A stored card has an unknown state or step.");
    }
    return static_cast<Enum>(found - words.begin());
}

std::string blob_or_empty(const store::Row& row, std::size_t column) {
    return row.is_null(column) ? std::string() : row.bytes(column);
}

std::optional<store::Blob> blob_or_null(const std::string& bytes) {
    return bytes.empty() ? std::nullopt : std::optional(store::Blob{bytes});
}

CardRecord read_card(const store::Row& row) {
    return {.id = CardRecordId{row.number(0)},
            .identity = row.text(1),
            .token = TokenId{row.number(2)},
            .number = row.text(3),
            .state = card_word<CardState>(kCardStates, row.text(4)),
            .step = card_word<CardStep>(kCardSteps, row.text(5)),
            .signature_csr = blob_or_empty(row, 6),
            .encryption_csr = blob_or_empty(row, 7),
            .pin_page = blob_or_empty(row, 8),
            .pin_pages = row.number_or_null(9).value_or(0),
            .spoiled_why = row.text_or_null(10).value_or(""),
            .actor = row.text(11),
            .version = row.number(12),
            .begun_at = row.instant(13),
            .changed_at = row.instant(14)};
}

std::optional<CardRecord> first_card(const std::vector<store::Row>& rows) {
    return rows.empty() ? std::nullopt : std::optional(read_card(rows.front()));
}

}  // namespace

std::string_view to_text(CardState state) { return kCardStates.at(std::size_t(state)); }
std::string_view to_text(CardStep step) { return kCardSteps.at(std::size_t(step)); }

CardRecord reserve_card(store::Tx& tx, TokenId token, std::string_view identity,
                        std::string_view actor) {
    const std::int64_t id = tx.new_id();
    tx.execute(kInsertCard, id, identity, token.value(), store::take_number(tx, 'C', "card"), actor,
               tx.now(), tx.now());
    return read_card(tx.query(kCardById, id).front());
}

Outcome save_card(store::Tx& tx, const CardRecord& changed) {
    const bool spoiled = changed.state == CardState::Spoiled;
    const auto rows = tx.execute(
        kSaveCard, changed.identity, spoiled ? changed.id.value() : std::int64_t{0},
        to_text(changed.state), to_text(changed.step), blob_or_null(changed.signature_csr),
        blob_or_null(changed.encryption_csr), blob_or_null(changed.pin_page),
        changed.pin_page.empty() ? std::nullopt : std::optional(changed.pin_pages),
        spoiled ? std::optional(changed.spoiled_why) : std::nullopt, changed.actor, tx.now(),
        changed.id.value(), changed.version);
    if (rows == 0) {
        return Error{ErrorKind::Conflict,
                     "card.changed_meanwhile",
                     "Another station works on this card; look which.",
                     changed.number,
                     {}};
    }
    return done();
}

std::optional<CardRecord> card_of_identity(store::Tx& tx, std::string_view identity) {
    return first_card(tx.query(kCardByIdentity, identity));
}
std::optional<CardRecord> card_of_number(store::Tx& tx, std::string_view number) {
    return first_card(tx.query(kCardByNumber, number));
}
std::optional<CardRecord> live_card_of(store::Tx& tx, TokenId token) {
    return first_card(tx.query(kLiveCardOf, token.value()));
}
std::optional<CardRecord> card_reserved_only(store::Tx& tx) {
    return first_card(tx.query(kCardReserved));
}

std::vector<CardRecord> list_cards(store::Tx& tx, CardState state, std::int64_t after_id,
                                   int limit) {
    std::vector<CardRecord> cards;
    for (const store::Row& row : tx.query(kCardPage, to_text(state), after_id, limit)) {
        cards.push_back(read_card(row));
    }
    return cards;
}

}  // namespace sealdesk::cards
