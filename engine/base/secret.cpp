#include "base/secret.h"

#include <cstring>
#include <utility>

#include <openssl/crypto.h>

#include "base/error.h"

namespace sealdesk {

Secret::Secret(std::size_t size)
    : data_(static_cast<char*>(OPENSSL_zalloc(size == 0 ? 1 : size))), size_(size) {
    SEALDESK_CHECK(data_ != nullptr);
}

Secret::Secret(std::string_view text) : Secret(text.size()) {
    std::memcpy(data_, text.data(), text.size());
}

Secret::~Secret() { OPENSSL_clear_free(data_, size_); }

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        OPENSSL_clear_free(data_, size_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

bool Secret::same_as(const Secret& other) const noexcept {
    return size_ == other.size_ && CRYPTO_memcmp(data_, other.data_, size_) == 0;
}

void wipe(std::span<char> buffer) noexcept { OPENSSL_cleanse(buffer.data(), buffer.size()); }

}  // namespace sealdesk
