#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"

// What a virtual card's chip can do, by OpenSSL and not by the engine.
namespace sealdesk::test {

/// Many different RSA-2048 keys in little time, for tests of many cards: each is the product of two
/// primes of a small stock, so the keys are good for nothing else. A stock of n primes (about 30 ms
/// each) is good for n(n-1)/2 keys, made in about a millisecond each.
class QuickKeys {
public:
    explicit QuickKeys(std::size_t keys_max);
    /// The next key; never the same twice. Several threads may ask.
    [[nodiscard]] crypto::KeyPair next();

private:
    std::vector<std::string> primes_;
    std::vector<std::pair<std::size_t, std::size_t>> pairs_;
    std::atomic<std::size_t> used_ = 0;
};

/// The modulus of an RSA key, big-endian, without leading zeros.
[[nodiscard]] std::string rsa_modulus(const crypto::KeyPair& key);

/// The bare private operation (RSADP, RFC 8017 §5.1.2) on as many bytes as the modulus has. Empty
/// when the number is not below the modulus.
[[nodiscard]] std::string rsa_private(const crypto::KeyPair& key, std::string_view block);

/// One block of a cipher in ECB, as PIV numbers them: 03 3DES, 08, 0A, 0C AES-128, -192, -256
/// (SP 800-78-4, table 6-2).
[[nodiscard]] std::string cipher_block(unsigned algorithm, std::string_view key,
                                       std::string_view block, bool encrypt);

/// Bytes of a key, or of a block, of such a cipher; 0 for another algorithm.
[[nodiscard]] std::size_t cipher_key_size(unsigned algorithm);
[[nodiscard]] std::size_t cipher_block_size(unsigned algorithm);

}  // namespace sealdesk::test
