#include "support/card_keys.h"

#include <array>
#include <memory>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "base/handle.h"

namespace sealdesk::test {
namespace {

using Number = Handle<BIGNUM, &BN_clear_free>;
using NumberContext = Handle<BN_CTX, &BN_CTX_free>;
using CardKeyContext = Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;

constexpr int kPrimeBits = 1024;
constexpr BN_ULONG kExponent = 65537;

Number new_number() {
    Number number(BN_new());
    SEALDESK_CHECK(number != nullptr);
    return number;
}

Number number_of(std::string_view bytes) {
    Number number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr));
    SEALDESK_CHECK(number != nullptr);
    return number;
}

std::string bytes_of(const BIGNUM* number) {
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    return bytes;
}

Number less_one(const BIGNUM* number) {
    Number less(BN_dup(number));
    SEALDESK_CHECK(less != nullptr && BN_sub_word(less.get(), 1) == 1);
    return less;
}

/// A prime with its two highest bits set, good for the exponent.
std::string card_prime() {
    for (;;) {
        const Number prime = new_number();
        SEALDESK_CHECK(
            BN_generate_prime_ex(prime.get(), kPrimeBits, 0, nullptr, nullptr, nullptr) == 1);
        if (BN_mod_word(less_one(prime.get()).get(), kExponent) != 0) {
            return bytes_of(prime.get());
        }
    }
}

crypto::KeyPair key_of_primes(const BIGNUM* p, const BIGNUM* q) {
    const NumberContext context(BN_CTX_new());
    const Number n = new_number();
    const Number e = new_number();
    const Number phi = new_number();
    const Number d = new_number();
    const Number dp = new_number();
    const Number dq = new_number();
    const Number inverse = new_number();
    const Number p1 = less_one(p);
    const Number q1 = less_one(q);
    SEALDESK_CHECK(BN_mul(n.get(), p, q, context.get()) == 1);
    SEALDESK_CHECK(BN_set_word(e.get(), kExponent) == 1);
    SEALDESK_CHECK(BN_mul(phi.get(), p1.get(), q1.get(), context.get()) == 1);
    SEALDESK_CHECK(BN_mod_inverse(d.get(), e.get(), phi.get(), context.get()) != nullptr);
    SEALDESK_CHECK(BN_mod(dp.get(), d.get(), p1.get(), context.get()) == 1);
    SEALDESK_CHECK(BN_mod(dq.get(), d.get(), q1.get(), context.get()) == 1);
    SEALDESK_CHECK(BN_mod_inverse(inverse.get(), q, p, context.get()) != nullptr);

    const Handle<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    const std::array<std::pair<const char*, const BIGNUM*>, 8> parts{
        {{OSSL_PKEY_PARAM_RSA_N, n.get()},
         {OSSL_PKEY_PARAM_RSA_E, e.get()},
         {OSSL_PKEY_PARAM_RSA_D, d.get()},
         {OSSL_PKEY_PARAM_RSA_FACTOR1, p},
         {OSSL_PKEY_PARAM_RSA_FACTOR2, q},
         {OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()},
         {OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()},
         {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get()}}};
    for (const auto& [name, number] : parts) {
        SEALDESK_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), name, number) == 1);
    }
    const Handle<OSSL_PARAM, &OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const CardKeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    SEALDESK_CHECK(EVP_PKEY_fromdata_init(maker.get()) == 1);
    SEALDESK_CHECK(EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) == 1);
    return crypto::KeyPair(key);
}

const EVP_CIPHER* cipher_of(unsigned algorithm) {
    switch (algorithm) {
        case 0x03: return EVP_des_ede3_ecb();
        case 0x08: return EVP_aes_128_ecb();
        case 0x0A: return EVP_aes_192_ecb();
        case 0x0C: return EVP_aes_256_ecb();
        default: return nullptr;
    }
}

}  // namespace

QuickKeys::QuickKeys(std::size_t keys_max) {
    while (pairs_.size() < keys_max) {
        for (std::size_t earlier = 0; earlier < primes_.size(); ++earlier) {
            pairs_.emplace_back(earlier, primes_.size());
        }
        primes_.push_back(card_prime());
    }
}

crypto::KeyPair QuickKeys::next() {
    const std::size_t at = used_++;
    SEALDESK_CHECK(at < pairs_.size());
    const auto& [first, second] = pairs_[at];
    return key_of_primes(number_of(primes_[first]).get(), number_of(primes_[second]).get());
}

std::string rsa_modulus(const crypto::KeyPair& key) {
    BIGNUM* number = nullptr;
    SEALDESK_CHECK(EVP_PKEY_get_bn_param(key.native(), OSSL_PKEY_PARAM_RSA_N, &number) == 1);
    const Number modulus(number);
    return bytes_of(modulus.get());
}

std::string rsa_private(const crypto::KeyPair& key, std::string_view block) {
    const CardKeyContext context(EVP_PKEY_CTX_new(key.native(), nullptr));
    SEALDESK_CHECK(EVP_PKEY_decrypt_init(context.get()) == 1);
    SEALDESK_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
    std::string result(block.size(), '\0');
    std::size_t length = result.size();
    const bool done =
        EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(result.data()), &length,
                         reinterpret_cast<const unsigned char*>(block.data()), block.size()) == 1;
    result.resize(done ? length : 0);
    return result;
}

std::string cipher_block(unsigned algorithm, std::string_view key, std::string_view block,
                         bool encrypt) {
    SEALDESK_CHECK(key.size() == cipher_key_size(algorithm));
    const Handle<EVP_CIPHER_CTX, &EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
    SEALDESK_CHECK(EVP_CipherInit_ex(context.get(), cipher_of(algorithm), nullptr,
                                     reinterpret_cast<const unsigned char*>(key.data()), nullptr,
                                     encrypt ? 1 : 0) == 1);
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    std::string result(block.size(), '\0');
    int length = 0;
    SEALDESK_CHECK(EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(result.data()),
                                    &length, reinterpret_cast<const unsigned char*>(block.data()),
                                    static_cast<int>(block.size())) == 1);
    SEALDESK_CHECK(static_cast<std::size_t>(length) == block.size());
    return result;
}

std::size_t cipher_key_size(unsigned algorithm) {
    const EVP_CIPHER* const cipher = cipher_of(algorithm);
    return cipher == nullptr ? 0 : static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
}

std::size_t cipher_block_size(unsigned algorithm) {
    const EVP_CIPHER* const cipher = cipher_of(algorithm);
    return cipher == nullptr ? 0 : static_cast<std::size_t>(EVP_CIPHER_get_block_size(cipher));
}

}  // namespace sealdesk::test
