#include "crypto/mac.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {

std::string hmac_sha256(const Secret& key, std::string_view bytes) {
    std::string mac(32, '\0');
    unsigned length = 0;
    require(HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.size()), octets(bytes),
                 bytes.size(), reinterpret_cast<unsigned char*>(mac.data()), &length) != nullptr &&
                length == mac.size(),
            "HMAC");
    return mac;
}

bool same_bytes(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sealdesk::crypto
