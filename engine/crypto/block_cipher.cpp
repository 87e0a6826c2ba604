#include "crypto/block_cipher.h"

#include <openssl/evp.h>

#include "base/error.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

using CipherContext = Handle<EVP_CIPHER_CTX, &EVP_CIPHER_CTX_free>;

const EVP_CIPHER* evp_cipher(BlockCipher cipher) {
    switch (cipher) {
        case BlockCipher::TripleDes: return EVP_des_ede3_ecb();
        case BlockCipher::Aes128: return EVP_aes_128_ecb();
        case BlockCipher::Aes192: return EVP_aes_192_ecb();
        case BlockCipher::Aes256: break;
    }
    return EVP_aes_256_ecb();
}

const unsigned char* unsigned_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string crypt_block(BlockCipher cipher, const Secret& key, std::string_view block,
                        bool encrypt) {
    SEALDESK_CHECK(key.size() == key_size(cipher) && block.size() == block_size(cipher));
    const CipherContext context(EVP_CIPHER_CTX_new());
    std::string out(2 * block.size(), '\0');
    int length = 0;
    require(context != nullptr &&
                EVP_CipherInit_ex(context.get(), evp_cipher(cipher), nullptr,
                                  unsigned_bytes(key.reveal()), nullptr, encrypt ? 1 : 0) == 1 &&
                EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                 &length, unsigned_bytes(block), int(block.size())) == 1,
            "EVP_CipherUpdate");
    out.resize(std::size_t(length));
    SEALDESK_CHECK(out.size() == block.size());
    return out;
}

}  // namespace

std::size_t block_size(BlockCipher cipher) { return cipher == BlockCipher::TripleDes ? 8 : 16; }

std::size_t key_size(BlockCipher cipher) {
    switch (cipher) {
        case BlockCipher::Aes128: return 16;
        case BlockCipher::TripleDes:
        case BlockCipher::Aes192: return 24;
        case BlockCipher::Aes256: break;
    }
    return 32;
}

std::string encrypt_block(BlockCipher cipher, const Secret& key, std::string_view block) {
    return crypt_block(cipher, key, block, true);
}
std::string decrypt_block(BlockCipher cipher, const Secret& key, std::string_view block) {
    return crypt_block(cipher, key, block, false);
}

}  // namespace sealdesk::crypto
