#include "subscribers/key_file.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kInsertSealedKey = R"sql(
    INSERT INTO key_file (order_key, sealed_key, made_at)
    VALUES (?, ?, ?)
)sql";

constexpr std::string_view kSealedKey = R"sql(
    SELECT sealed_key
    FROM key_file
    WHERE order_key = ?
)sql";

#define SEALDESK_OLD_KEYS                                           \
    "FROM key_file WHERE made_at < ? AND NOT EXISTS ("              \
    "SELECT 1 FROM certificate_application "                        \
    "WHERE certificate_application.order_key = key_file.order_key " \
    "AND certificate_application.state = 'open')"

constexpr std::string_view kEraseSealedKeys = "DELETE " SEALDESK_OLD_KEYS;
constexpr std::string_view kCountSealedKeys = "SELECT COUNT(*) " SEALDESK_OLD_KEYS;

#undef SEALDESK_OLD_KEYS

constexpr std::string_view kEraseSealedKey = R"sql(
    DELETE FROM key_file
    WHERE order_key = ?
)sql";

}  // namespace

void keep_sealed_key(store::Tx& tx, std::string_view order_key, std::string_view sealed) {
    tx.execute(kEraseSealedKey, order_key);
    tx.execute(kInsertSealedKey, order_key, store::Blob{std::string(sealed)}, tx.now());
}

std::optional<std::string> sealed_key(store::Tx& tx, std::string_view order_key) {
    const auto rows = tx.query(kSealedKey, order_key);
    return rows.empty() ? std::nullopt : std::optional(rows.front().bytes(0));
}

std::int64_t erase_sealed_keys(store::Tx& tx, Instant until) {
    return tx.execute(kEraseSealedKeys, until);
}

std::int64_t count_sealed_keys(store::Tx& tx, Instant until) {
    return tx.query(kCountSealedKeys, until).front().number(0);
}

}  // namespace sealdesk::subscribers
