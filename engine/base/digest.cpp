#include "base/digest.h"

#include <array>
#include <fstream>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/text.h"

namespace sealdesk {

namespace {

constexpr std::size_t kSha256Bytes = 32;

/// Fetched once: OpenSSL 3 looks the algorithm up in its providers each time EVP_sha256() is used.
const EVP_MD* method() {
    static const Handle<EVP_MD, &EVP_MD_free> fetched{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    return fetched.get();
}

}  // namespace

struct Sha256::Context {
    Handle<EVP_MD_CTX, &EVP_MD_CTX_free> handle{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    // Fails only when memory is out or the library has no default provider.
    SEALDESK_CHECK(context_->handle != nullptr);
    SEALDESK_CHECK(EVP_DigestInit_ex2(context_->handle.get(), method(), nullptr) == 1);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;

void Sha256::add(std::string_view bytes) {
    SEALDESK_CHECK(context_ != nullptr);
    SEALDESK_CHECK(EVP_DigestUpdate(context_->handle.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
    SEALDESK_CHECK(context_ != nullptr);
    std::string digest(kSha256Bytes, '\0');
    unsigned int size = 0;
    SEALDESK_CHECK(EVP_DigestFinal_ex(context_->handle.get(),
                                      reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
    SEALDESK_CHECK(size == kSha256Bytes);
    context_.reset();
    return digest;
}

std::string Sha256::finish_hex() { return to_hex(finish()); }

std::string sha256(std::string_view bytes) {
    Sha256 digest;
    digest.add(bytes);
    return digest.finish();
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string sha256_hex_of_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    Sha256 digest;
    std::array<char, 65536> piece{};
    while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0) {
        digest.add({piece.data(), static_cast<std::size_t>(stream.gcount())});
    }
    if (!stream.eof()) {
        throw_unavailable("file.unreadable", "The file " + file.string() + " cannot be read.");
    }
    return digest.finish_hex();
}

}  // namespace sealdesk
