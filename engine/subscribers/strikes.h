#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "store/tx.h"

// How a secret that a subscriber types is guarded; nothing outside this room includes it.
namespace sealdesk::subscribers {

/// A row with a verifier, as it was read.
struct Guarded {
    std::int64_t key;  ///< of the row
    std::int64_t generation;
    int failures;  ///< consecutive wrong tries
    std::string_view verifier;
};

/// The UPDATEs of its table. The expected count in the WHERE clause makes two attempts at once two
/// strikes, not one.
struct StrikeSql {
    std::string_view count;   ///< (failures, state, now; key, generation, failures seen)
    std::string_view clear;   ///< (now; key, generation)
    std::string_view active;  ///< the state that may be tried
    std::string_view locked;  ///< the state after the last strike
};

enum class Attempt {
    Right,
    Wrong,
    Locked,  ///< this was the last strike
};

/// Checks a secret and counts strikes in the caller's transaction: `strikes_max` consecutive wrong
/// ones lock the row. Failure `changed.code` when another attempt was faster.
Attempt try_secret(store::Tx& tx, const StrikeSql& sql, const Guarded& row, const Secret& secret,
                   int strikes_max, const Error& changed);

}  // namespace sealdesk::subscribers
