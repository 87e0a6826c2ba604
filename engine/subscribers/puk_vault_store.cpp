#include <algorithm>
#include <array>

#include "subscribers/puk_vault.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 3> kPukNames{"none", "current", "next"};

constexpr std::string_view kPukOfCard = R"sql(
    SELECT card_identity, current_puk, next_puk, tried, tries_left, opened_at
    FROM puk_vault
    WHERE card_identity = ?
)sql";

constexpr std::string_view kInsertPuk = R"sql(
    INSERT INTO puk_vault (card_identity, current_puk, next_puk, tried, tries_left, opened_at,
                           changed_at)
    VALUES (?, ?, ?, 'none', ?, NULL, ?)
)sql";

constexpr std::string_view kErasePuk = R"sql(
    DELETE FROM puk_vault
    WHERE card_identity = ?
)sql";

constexpr std::string_view kBeginPukChange = R"sql(
    UPDATE puk_vault
    SET next_puk = ?, tried = 'none', changed_at = ?
    WHERE card_identity = ? AND next_puk IS NULL
)sql";

constexpr std::string_view kConfirmPukChange = R"sql(
    UPDATE puk_vault
    SET current_puk = next_puk, next_puk = NULL, tried = 'none', tries_left = ?, opened_at = NULL,
        changed_at = ?
    WHERE card_identity = ? AND next_puk IS NOT NULL
)sql";

constexpr std::string_view kNotePukOpened = R"sql(
    UPDATE puk_vault
    SET opened_at = ?, changed_at = ?
    WHERE card_identity = ? AND opened_at IS NULL
)sql";

constexpr std::string_view kNotePukTry = R"sql(
    UPDATE puk_vault
    SET tried = ?, tries_left = ?, changed_at = ?
    WHERE card_identity = ?
)sql";

constexpr std::string_view kSettlePuk = R"sql(
    UPDATE puk_vault
    SET current_puk = ?, next_puk = NULL, tried = 'none', tries_left = ?, changed_at = ?
    WHERE card_identity = ?
)sql";

std::optional<std::string> bytes_or_null(const store::Row& row, std::size_t column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.bytes(column));
}

std::optional<store::Blob> blob_or_null(const std::optional<std::string>& bytes) {
    return bytes ? std::optional(store::Blob{*bytes}) : std::nullopt;
}

}  // namespace

std::string_view to_text(PukOf which) { return kPukNames.at(static_cast<std::size_t>(which)); }

std::optional<KeptPuk> find_puk(store::Tx& tx, std::string_view card_identity) {
    const auto rows = tx.query(kPukOfCard, card_identity);
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    const auto* const tried = std::ranges::find(kPukNames, row.text(3));
    SEALDESK_CHECK(tried != kPukNames.end());  // the table allows no other
    return KeptPuk{row.text(0),
                   bytes_or_null(row, 1),
                   bytes_or_null(row, 2),
                   static_cast<PukOf>(tried - kPukNames.begin()),
                   static_cast<int>(row.number(4)),
                   row.instant_or_null(5)};
}

void keep_puk(store::Tx& tx, std::string_view card_identity, std::string_view sealed) {
    tx.execute(kErasePuk, card_identity);
    tx.execute(kInsertPuk, card_identity, store::Blob{std::string(sealed)}, std::nullopt, kPukTries,
               tx.now());
}

Outcome begin_puk_change(store::Tx& tx, std::string_view card_identity,
                         std::string_view sealed_next) {
    const store::Blob next{std::string(sealed_next)};
    if (!find_puk(tx, card_identity)) {
        tx.execute(kInsertPuk, card_identity, std::nullopt, next, kPukTries, tx.now());
        return done();
    }
    if (tx.execute(kBeginPukChange, next, tx.now(), card_identity) == 0) {
        return Error{ErrorKind::Conflict,
                     "puk.change_pending",
                     "Another change of this card's PUK is under way; find out first which PUK the "
                     "card has.",
                     std::string(card_identity),
                     {}};
    }
    return done();
}

Outcome confirm_puk_change(store::Tx& tx, std::string_view card_identity) {
    if (tx.execute(kConfirmPukChange, kPukTries, tx.now(), card_identity) == 0) {
        return Error{ErrorKind::Conflict,
                     "puk.no_change",
                     "No change of this card's PUK is under way.",
                     std::string(card_identity),
                     {}};
    }
    return done();
}

void note_puk_opened(store::Tx& tx, std::string_view card_identity) {
    tx.execute(kNotePukOpened, tx.now(), tx.now(), card_identity);
}

void note_puk_try(store::Tx& tx, const KeptPuk& seen, PukOf which) {
    if (seen.in_doubt()) {
        tx.execute(kNotePukTry, to_text(which), seen.tries_left - 1, tx.now(), seen.card_identity);
    }
}

void settle_puk(store::Tx& tx, const KeptPuk& seen, PukOf which, int tries_left) {
    const auto& has = which == PukOf::Next ? seen.next : seen.current;
    if (has) {
        tx.execute(kSettlePuk, blob_or_null(has), tries_left, tx.now(), seen.card_identity);
    } else {
        tx.execute(kErasePuk, seen.card_identity);
    }
}

}  // namespace sealdesk::subscribers
