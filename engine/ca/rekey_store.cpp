#include "ca/rekey_store.h"

#include <algorithm>

namespace sealdesk::ca {
namespace {

constexpr std::string_view kFindSuccessor = R"sql(
    SELECT successor
    FROM ca_rekey
    WHERE former = ?
)sql";

constexpr std::string_view kFindKeyChanges = R"sql(
    SELECT former, successor
    FROM ca_rekey
)sql";

constexpr std::string_view kInsertKeyChange = R"sql(
    INSERT INTO ca_rekey (former, successor, new_with_old, old_with_new, at)
    VALUES (?, ?, ?, ?, ?)
)sql";

// The youngest first: they end last, and one is enough.
constexpr std::string_view kFindLiving = R"sql(
    SELECT id
    FROM ca_certificate
    WHERE issuer = ? AND not_after >= ? AND profile <> ?
    ORDER BY id DESC
    LIMIT 1
)sql";

}  // namespace

bool note_key_change(store::Tx& tx, const KeyChange& change) {
    if (has_successor(tx, change.former)) {
        return false;
    }
    tx.execute(kInsertKeyChange, change.former, change.successor, store::Blob{change.new_with_old},
               store::Blob{change.old_with_new}, tx.now());
    return true;
}

bool has_successor(store::Tx& tx, std::string_view issuer) {
    return !tx.query(kFindSuccessor, issuer).empty();
}

std::vector<std::string> other_keys(store::Tx& tx, std::string_view issuer) {
    const auto changes = tx.query(kFindKeyChanges);  // some a decade
    std::vector<std::string> keys{std::string(issuer)};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        for (const store::Row& change : changes) {
            const std::string pair[] = {change.text(0), change.text(1)};
            for (int side = 0; side < 2; ++side) {
                const std::string& other = pair[1 - side];
                if (pair[side] == keys[i] && std::ranges::find(keys, other) == keys.end()) {
                    keys.push_back(other);
                }
            }
        }
    }
    keys.erase(keys.begin());
    return keys;
}

bool has_living_certificate(store::Tx& tx, std::string_view issuer, std::string_view ocsp_profile) {
    return !tx.query(kFindLiving, issuer, tx.now(), ocsp_profile).empty();
}

}  // namespace sealdesk::ca
