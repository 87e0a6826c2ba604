#include "subscribers/strikes.h"

#include "crypto/verifier.h"

namespace sealdesk::subscribers {

Attempt try_secret(store::Tx& tx, const StrikeSql& sql, const Guarded& row, const Secret& secret,
                   int strikes_max, const Error& changed) {
    if (crypto::verifies(row.verifier, secret)) {
        if (row.failures > 0) {
            tx.execute(sql.clear, tx.now(), row.key, row.generation);
        }
        return Attempt::Right;
    }
    const int strikes = row.failures + 1;
    const bool last = strikes >= strikes_max;
    if (tx.execute(sql.count, strikes, last ? sql.locked : sql.active, tx.now(), row.key,
                   row.generation, row.failures) == 0) {
        throw Failure(changed);
    }
    return last ? Attempt::Locked : Attempt::Wrong;
}

}  // namespace sealdesk::subscribers
