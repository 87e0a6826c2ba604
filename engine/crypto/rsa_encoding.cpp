#include "crypto/rsa_encoding.h"

#include "base/error.h"
#include "crypto/der.h"

namespace sealdesk::crypto {
namespace {

// DigestInfo of SHA-256 before its 32 bytes (RFC 8017 §9.2, note 1).
constexpr std::string_view kSha256Info(
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);

constexpr std::string_view kRsaEncryption = "1.2.840.113549.1.1.1";  // RFC 8017 appendix C

}  // namespace

std::string rsa_public_key(std::string_view modulus, std::string_view exponent) {
    const std::string key = der::sequence({der::integer_of(modulus), der::integer_of(exponent)});
    const std::string algorithm = der::sequence(
        {der::object_identifier(kRsaEncryption).value(), der::element(der::kNull, {})});
    return der::sequence(
        {algorithm, der::element(der::kBitString, {std::string_view("\0", 1), key})});
}

std::string sha256_digest_info(std::string_view digest) {
    SEALDESK_CHECK(digest.size() == 32);
    return std::string(kSha256Info).append(digest);
}

std::string rsa_signature_block(std::string_view digest, std::size_t size) {
    const std::string info = sha256_digest_info(digest);
    SEALDESK_CHECK(size >= info.size() + 11);  // at least eight FF
    std::string block("\x00\x01", 2);
    block.append(size - info.size() - 3, '\xff');
    block.push_back('\0');
    return block.append(info);
}

}  // namespace sealdesk::crypto
