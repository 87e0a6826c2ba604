#include "ca/cmp_store.h"

namespace sealdesk::ca {
namespace {

constexpr std::string_view kFindCmpTransaction = R"sql(
    SELECT id, message_sha256, content_sha256, response, serial, certificate_sha256,
           confirmation
    FROM ca_cmp_transaction
    WHERE issuer = ? AND ra = ? AND transaction_id = ?
)sql";

constexpr std::string_view kInsertCmpTransaction = R"sql(
    INSERT INTO ca_cmp_transaction (id, issuer, ra, transaction_id, message_sha256, content_sha256,
                                    request, begun_at, response, answered_at, serial,
                                    certificate_sha256, confirmation)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, '', '', NULL)
)sql";

constexpr std::string_view kSaveCmpResponse = R"sql(
    UPDATE ca_cmp_transaction
    SET response = ?, answered_at = ?, serial = ?, certificate_sha256 = ?
    WHERE id = ? AND response IS NULL
)sql";

constexpr std::string_view kSaveCmpConfirmation = R"sql(
    UPDATE ca_cmp_transaction
    SET confirmation = ?
    WHERE id = ? AND confirmation IS NULL
)sql";

}  // namespace

std::optional<CmpTransaction> find_cmp_transaction(store::Tx& tx, const CmpTransactionKey& key) {
    const auto rows = tx.query(kFindCmpTransaction, key.issuer, key.ra, key.transaction_id);
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows[0];
    return CmpTransaction{row.number(0),
                          key,
                          row.text(1),
                          row.text(2),
                          row.is_null(3) ? std::string() : row.bytes(3),
                          row.text(4),
                          row.text(5),
                          row.text_or_null(6).value_or("")};
}

void insert_cmp_transaction(store::Tx& tx, CmpTransaction& transaction, std::string_view request) {
    transaction.id = tx.new_id();
    tx.execute(kInsertCmpTransaction, transaction.id, transaction.key.issuer, transaction.key.ra,
               transaction.key.transaction_id, transaction.message_sha256,
               transaction.content_sha256, store::Blob{std::string(request)}, tx.now());
}

void save_cmp_response(store::Tx& tx, const CmpTransaction& answered) {
    tx.execute(kSaveCmpResponse, store::Blob{answered.response}, tx.now(), answered.serial,
               answered.certificate_sha256, answered.id);
}

void save_cmp_confirmation(store::Tx& tx, std::int64_t id, std::string_view confirmation) {
    tx.execute(kSaveCmpConfirmation, confirmation, id);
}

}  // namespace sealdesk::ca
