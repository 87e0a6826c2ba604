#pragma once

#include <string_view>

#include "ca/local_ca.h"

namespace sealdesk::ca {

/// A CA whose key and certificate are made and written nowhere yet.
struct NewCa {
    crypto::KeyPair key;
    crypto::Certificate certificate;
};

/// Makes one for these files, which must not be there. Error (Refused) ca.exists.
[[nodiscard]] Result<NewCa> make_new_ca(const CaFiles& files, const Profiles& profiles, Instant now,
                                        Random& random);

/// Writes it: `key_text` is the encrypted key as it shall stand in its file.
void save_new_ca(const CaFiles& files, const crypto::Certificate& certificate,
                 std::string_view key_text);

}  // namespace sealdesk::ca
