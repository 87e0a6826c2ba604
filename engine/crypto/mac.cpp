#include "crypto/mac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {

namespace {

/// Prepared once: OpenSSL 3 looks algorithms up in its providers each time they are named.
EVP_MAC_CTX* prepared() {
    static const Handle<EVP_MAC, &EVP_MAC_free> method(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    static const Handle<EVP_MAC_CTX, &EVP_MAC_CTX_free> context(EVP_MAC_CTX_new(method.get()));
    static const bool is_set = [] {
        std::string digest = "SHA256";
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
            OSSL_PARAM_construct_end()};
        return EVP_MAC_CTX_set_params(context.get(), parameters) == 1;
    }();
    require(is_set, "EVP_MAC");
    return context.get();
}

}  // namespace

std::string hmac_sha256(const Secret& key, std::string_view bytes) {
    const Handle<EVP_MAC_CTX, &EVP_MAC_CTX_free> context(EVP_MAC_CTX_dup(prepared()));
    std::string mac(32, '\0');
    std::size_t length = 0;
    require(context != nullptr &&
                EVP_MAC_init(context.get(), octets(key.reveal()), key.size(), nullptr) == 1 &&
                EVP_MAC_update(context.get(), octets(bytes), bytes.size()) == 1 &&
                EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &length,
                              mac.size()) == 1 &&
                length == mac.size(),
            "HMAC");
    return mac;
}

bool same_bytes(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sealdesk::crypto
