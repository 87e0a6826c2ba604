#pragma once

#include <functional>
#include <string_view>

#include "ca/authority.h"
#include "ca/ca_key.h"
#include "ca/local_ca.h"

namespace sealdesk::ca {

/// A CA whose key and certificate are made and written nowhere yet.
struct NewCa {
    CaKey key;
    crypto::Certificate certificate;
};

/// 16 octets, positive, 126 of their bits random (RFC 5280 §4.1.2.2).
[[nodiscard]] std::string draw_ca_serial(Random& random);

inline constexpr int kCaKeyBits = 2048;  // M 6.1.5

/// Error (Refused) ca.exists: a key is never overwritten.
[[nodiscard]] Outcome check_no_ca(const CaFiles& files);

/// The certificate by which this key becomes a CA of its own word.
[[nodiscard]] Result<NewCa> self_signed_ca(CaKey key, const Profiles& profiles, Instant now,
                                           Random& random);

/// The certificate of this statement: checked before it is signed, as every one.
[[nodiscard]] Result<crypto::Certificate> certify(
    const Statement& statement, const std::function<std::string(std::string_view tbs)>& sign);

/// Opens a CA of which nothing is saved yet and shows it to its witness, where there is one.
[[nodiscard]] Result<Authority> open_new_ca(NewCa made, const NewCaWitness& witness);

/// Makes one, its key in memory, for these files, which must not be there. Error (Refused)
/// ca.exists.
[[nodiscard]] Result<NewCa> make_new_ca(const CaFiles& files, const Profiles& profiles, Instant now,
                                        Random& random);

/// Writes it: `key_text` is the encrypted key as it shall stand in its file.
void save_new_ca(const CaFiles& files, const crypto::Certificate& certificate,
                 std::string_view key_text);

}  // namespace sealdesk::ca
