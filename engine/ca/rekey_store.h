#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/tx.h"

/// Table ca_rekey; for this room only.
namespace sealdesk::ca {

/// A CA's new key.
struct KeyChange {
    std::string former;     ///< as rows name the CA by its former key
    std::string successor;  ///< and by the new one
    std::string new_with_old;
    std::string old_with_new;
};

/// False when it was noted before.
[[nodiscard]] bool note_key_change(store::Tx& tx, const KeyChange& change);

/// True when another key signs certificates in this one's place.
[[nodiscard]] bool has_successor(store::Tx& tx, std::string_view issuer);

/// The other keys that this CA has had or has: the former ones and the later ones.
[[nodiscard]] std::vector<std::string> other_keys(store::Tx& tx, std::string_view issuer);

/// True when a certificate signed by this key, its OCSP responder's aside, has not run out.
[[nodiscard]] bool has_living_certificate(store::Tx& tx, std::string_view issuer,
                                          std::string_view ocsp_profile);

}  // namespace sealdesk::ca
