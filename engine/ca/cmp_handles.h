#pragma once

#include <string>
#include <string_view>

#include <openssl/cmp.h>

#include "base/handle.h"
#include "crypto/openssl_handles.h"

/// OpenSSL's CMP objects as owners, for cmp_*.cpp only.
namespace sealdesk::ca {

using CmpContext = Handle<OSSL_CMP_CTX, &OSSL_CMP_CTX_free>;
using CmpServerContext = Handle<OSSL_CMP_SRV_CTX, &OSSL_CMP_SRV_CTX_free>;
using CmpMessageHandle = Handle<OSSL_CMP_MSG, &OSSL_CMP_MSG_free>;
using AlgorithmHandle = Handle<X509_ALGOR, &X509_ALGOR_free>;

/// Nothing when OpenSSL cannot read it.
[[nodiscard]] inline CmpMessageHandle parse_cmp(std::string_view der) {
    const crypto::BioHandle bio = crypto::reading_from(der);
    return CmpMessageHandle(d2i_OSSL_CMP_MSG_bio(bio.get(), nullptr));
}

[[nodiscard]] inline std::string cmp_to_der(const OSSL_CMP_MSG* message) {
    const crypto::BioHandle bio = crypto::memory_bio();
    crypto::require(i2d_OSSL_CMP_MSG_bio(bio.get(), message) == 1, "i2d_OSSL_CMP_MSG_bio");
    return crypto::written_to(bio.get());
}

/// OpenSSL would write its log to the standard error.
[[nodiscard]] inline int forget_cmp_log(const char* /*function*/, const char* /*file*/,
                                        int /*line*/, OSSL_CMP_severity /*level*/,
                                        const char* /*message*/) {
    return 1;
}

/// Signed with SHA-256, -384 or -512 by RSA (PKCS#1 v1.5) or ECDSA: what a CSR must be, too (M 7).
[[nodiscard]] inline bool is_acceptable_signature(std::string_view algorithm) {
    const unsigned char* at = crypto::octets(algorithm);
    const AlgorithmHandle parsed(d2i_X509_ALGOR(nullptr, &at, static_cast<long>(algorithm.size())));
    if (parsed == nullptr) {
        return false;
    }
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, parsed.get());
    int digest = NID_undef;
    return OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, nullptr) == 1 &&
           (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512);
}

}  // namespace sealdesk::ca
