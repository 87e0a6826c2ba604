#include "requests/keyed_code.h"
#include "store/bulk.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kInsertCodes =
    "INSERT INTO request_user_code (request_id, verifier) VALUES";

constexpr std::string_view kCodeOn = R"sql(
    SELECT verifier
    FROM request_user_code
    WHERE request_id = ?
)sql";

constexpr std::string_view kForgetCode = R"sql(
    DELETE FROM request_user_code
    WHERE request_id = ?
)sql";

}  // namespace

void keep_user_codes(store::Tx& tx, std::span<const NewRequest> fresh) {
    std::vector<store::Value> values;
    for (const NewRequest& one : fresh) {
        if (!one.user_code_verifier.empty()) {
            values.insert(values.end(), {one.request.id.value(), one.user_code_verifier});
        }
    }
    store::insert_rows(tx, kInsertCodes, 2, values);
}

std::optional<std::string> user_code_on(store::Tx& tx, RequestId request) {
    const auto rows = tx.query(kCodeOn, request.value());
    return rows.empty() ? std::nullopt : std::optional(rows.front().text(0));
}

void forget_user_code(store::Tx& tx, RequestId request) {
    tx.execute(kForgetCode, request.value());
}

}  // namespace sealdesk::requests
