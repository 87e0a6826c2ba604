#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "store/tx.h"

namespace sealdesk::audit {

/// The audit key, used for nothing else (M 4.5), and its certificate.
struct CheckpointSigner {
    const crypto::KeyPair& key;
    const crypto::Certificate& certificate;
};

/// A signed statement that the chain up to `sequence` has the hash `hash`.
struct Checkpoint {
    std::int64_t number;    ///< 1, 2, 3 ... without gaps
    std::int64_t sequence;  ///< of the last event it covers
    std::string hash;       ///< 64 hexadecimal digits; worth printing and keeping elsewhere
};

/// Signs the chain as it stands, keeps the checkpoint in the database, and appends a copy as one
/// line of JSON {"document","signature"} to `copy` (made when absent). The copy is what shows a
/// chain cut at its end together with its checkpoints: carry it to another machine. A crash
/// between the two is made good by the next call. Returns nothing when no event is new.
/// The document is JSON: {"at","audit","hash","number","previous","sequence"}, `previous` being the
/// SHA-256 of the document before (64 zeros for the first).
std::optional<Checkpoint> make_checkpoint(store::Database& database, const CheckpointSigner& signer,
                                          const std::filesystem::path& copy);

}  // namespace sealdesk::audit
