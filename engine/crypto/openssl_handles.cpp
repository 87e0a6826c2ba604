#include "crypto/openssl_handles.h"

#include <array>

#include <openssl/err.h>
#include <openssl/provider.h>

#include "base/error.h"

namespace sealdesk::crypto {
namespace {

/// A library context that knows no algorithm. It lives as long as the process.
OSSL_LIB_CTX* library_without_algorithms() {
    OSSL_LIB_CTX* const library = OSSL_LIB_CTX_new();
    require(library != nullptr && OSSL_PROVIDER_load(library, "null") != nullptr,
            "OSSL_PROVIDER_load");
    return library;
}

}  // namespace

KeylessDecoding::KeylessDecoding() {
    static OSSL_LIB_CTX* const without_decoders = library_without_algorithms();
    before_ = OSSL_LIB_CTX_set0_default(without_decoders);
}

KeylessDecoding::~KeylessDecoding() { OSSL_LIB_CTX_set0_default(before_); }

BioHandle reading_from(std::string_view bytes) {
    BioHandle bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
    require(bio != nullptr, "BIO_new_mem_buf");
    return bio;
}

BioHandle memory_bio() {
    BioHandle bio(BIO_new(BIO_s_mem()));
    require(bio != nullptr, "BIO_new");
    return bio;
}

std::string written_to(BIO* bio) {
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(bio, &bytes);
    return length <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
}

void require(bool succeeded, std::string_view what) {
    if (succeeded) {
        return;
    }
    std::array<char, 160> reason{};
    ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
    ERR_clear_error();
    throw_internal("crypto.failed",
                   "OpenSSL refused " + std::string(what) + ": " + reason.data() + ".");
}

void forget_errors() noexcept { ERR_clear_error(); }

}  // namespace sealdesk::crypto
