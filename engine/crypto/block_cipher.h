#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace sealdesk::crypto {

enum class BlockCipher { TripleDes, Aes128, Aes192, Aes256 };

/// 8 bytes of triple DES, 16 of AES.
[[nodiscard]] std::size_t block_size(BlockCipher cipher);
/// 24, 16, 24, 32 bytes.
[[nodiscard]] std::size_t key_size(BlockCipher cipher);

/// One block under the key as it is (ECB): for the challenges of card protocols, never for data.
/// SEALDESK_CHECKs the sizes.
[[nodiscard]] std::string encrypt_block(BlockCipher cipher, const Secret& key,
                                        std::string_view block);
[[nodiscard]] std::string decrypt_block(BlockCipher cipher, const Secret& key,
                                        std::string_view block);

}  // namespace sealdesk::crypto
