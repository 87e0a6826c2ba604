#include "crypto/outside_key.h"

namespace sealdesk::crypto {

Result<std::string> OutsideKey::sign(std::string_view digest) const {
    const auto verifying = PublicKey::from_der(public_key);
    if (!verifying) {
        return verifying.error();
    }
    auto signature = sign_digest(digest);
    if (signature && !verifying->verifies_digest(digest, *signature)) {
        return Error{ErrorKind::Internal,
                     "key.wrong_signature",
                     "What the key signed does not verify with its public half; nothing was used.",
                     {},
                     {}};
    }
    return signature;
}

OutsideKey as_outside_key(const KeyPair& key) {
    return {key.public_key(), [&key](std::string_view digest) {
                return Result<std::string>(key.sign_digest(digest));
            }};
}

}  // namespace sealdesk::crypto
