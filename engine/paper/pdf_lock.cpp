#include "paper/pdf_lock.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/text.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kSaltSize = 8;
constexpr std::size_t kBlockSize = 16;
constexpr std::size_t kCodeMax = 127;

/// ISO 32000-2, table 22: printing, also in high quality, copying, and copying for the blind.
constexpr std::uint32_t kPermissions = 0xFFFFF0C0U | 1U << 2U | 1U << 4U | 1U << 9U | 1U << 11U;

using CipherContext = Handle<EVP_CIPHER_CTX, &EVP_CIPHER_CTX_free>;

void require(int result) { SEALDESK_CHECK(result == 1); }

std::string random_bytes(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    random.fill(bytes);
    return bytes;
}

const unsigned char* as_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* as_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct CipherUse {
    const EVP_CIPHER* cipher;
    std::string_view key;
    std::string_view iv;
    bool padded;
};

void encrypt_into(std::string& out, EVP_CIPHER_CTX* context, const CipherUse& use,
                  std::string_view bytes) {
    const std::size_t before = out.size();
    out.resize(before + bytes.size() + kBlockSize);
    int size = 0;
    int rest = 0;
    require(EVP_EncryptInit_ex(context, use.cipher, nullptr, as_bytes(use.key), as_bytes(use.iv)));
    require(EVP_CIPHER_CTX_set_padding(context, use.padded ? 1 : 0));
    require(EVP_EncryptUpdate(context, as_bytes(out) + before, &size, as_bytes(bytes),
                              int(bytes.size())));
    require(EVP_EncryptFinal_ex(context, as_bytes(out) + before + size, &rest));
    out.resize(before + std::size_t(size) + std::size_t(rest));
}

/// Algorithm 2.B for a user password: SHA-2 and AES-128 in turns, at least 64 rounds.
Secret hash_of(const Secret& code, std::string_view salt) {
    const CipherContext cipher(EVP_CIPHER_CTX_new());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    std::string round(code.reveal());
    round += salt;
    require(EVP_Digest(round.data(), round.size(), digest.data(), &size, EVP_sha256(), nullptr));
    std::string encrypted;
    constexpr int repeated = 64;
    constexpr int rounds_min = 64;
    for (int i = 0;; ++i) {
        wipe({round.data(), round.size()});
        round.clear();
        for (int copy = 0; copy < repeated; ++copy) {
            round += code.reveal();
            round.append(reinterpret_cast<const char*>(digest.data()), size);
        }
        const std::string_view key(reinterpret_cast<const char*>(digest.data()), kKeySize);
        encrypted.clear();
        encrypt_into(encrypted, cipher.get(),
                     {EVP_aes_128_cbc(), key.substr(0, kBlockSize), key.substr(kBlockSize), false},
                     round);
        unsigned sum = 0;  // of 256^n mod 3 each is 1
        for (std::size_t j = 0; j < kBlockSize; ++j) {
            sum += static_cast<unsigned char>(encrypted[j]);
        }
        const EVP_MD* const next = sum % 3 == 0   ? EVP_sha256()
                                   : sum % 3 == 1 ? EVP_sha384()
                                                  : EVP_sha512();
        require(
            EVP_Digest(encrypted.data(), encrypted.size(), digest.data(), &size, next, nullptr));
        const int last = static_cast<unsigned char>(encrypted.back());
        if (i >= rounds_min - 1 && last <= i + 1 - 32) {
            break;
        }
    }
    wipe({round.data(), round.size()});
    wipe({encrypted.data(), encrypted.size()});
    Secret hash(std::string_view(reinterpret_cast<const char*>(digest.data()), kKeySize));
    wipe({reinterpret_cast<char*>(digest.data()), digest.size()});
    return hash;
}

std::string hex_string(std::string_view bytes) { return "<" + to_hex(bytes) + ">"; }

}  // namespace

PdfLock::PdfLock(const Secret& code, Random& random)
    : random_(random),
      key_(kKeySize),
      owner_(random_bytes(random, kKeySize + 2 * kSaltSize)),
      owner_key_(random_bytes(random, kKeySize)),
      file_id_(random_bytes(random, kBlockSize)) {
    SEALDESK_CHECK(code.size() > 0 && code.size() <= kCodeMax);
    random.fill(key_.fill());
    const std::string salts = random_bytes(random, 2 * kSaltSize);
    const Secret validation = hash_of(code, std::string_view(salts).substr(0, kSaltSize));
    user_ = std::string(validation.reveal()) + salts;
    const Secret intermediate = hash_of(code, std::string_view(salts).substr(kSaltSize));
    const CipherContext cipher(EVP_CIPHER_CTX_new());
    const std::string zero(kBlockSize, '\0');
    encrypt_into(user_key_, cipher.get(), {EVP_aes_256_cbc(), intermediate.reveal(), zero, false},
                 key_.reveal());
    std::string permissions;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        permissions += char(kPermissions >> shift & 0xFFU);
    }
    permissions += "\xFF\xFF\xFF\xFFTadb";  // T: also the metadata are encrypted
    permissions += random_bytes(random, 4);
    encrypt_into(permissions_, cipher.get(), {EVP_aes_256_ecb(), key_.reveal(), zero, false},
                 permissions);
}

std::string PdfLock::dictionary() const {
    return "/Filter /Standard /V 5 /R 6 /Length 256 /P " +
           std::to_string(std::int32_t(kPermissions)) + " /U " + hex_string(user_) + " /UE " +
           hex_string(user_key_) + " /O " + hex_string(owner_) + " /OE " + hex_string(owner_key_) +
           " /Perms " + hex_string(permissions_) +
           " /CF <</StdCF <</AuthEvent /DocOpen /CFM /AESV3 /Length 32>>>> /StmF /StdCF /StrF "
           "/StdCF";
}

std::string PdfLock::encrypted(std::string_view bytes) {
    std::string out = random_bytes(random_, kBlockSize);
    const std::string iv = out;
    const CipherContext cipher(EVP_CIPHER_CTX_new());
    encrypt_into(out, cipher.get(), {EVP_aes_256_cbc(), key_.reveal(), iv, true}, bytes);
    return out;
}

}  // namespace sealdesk::paper
