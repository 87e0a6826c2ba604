#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

/// The few DER forms (X.690) that certificates and CRLs are made of, written as bytes: what is
/// stored before signing is exactly what is signed.
namespace sealdesk::crypto::der {

inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kObjectIdentifier = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kUtf8String = 0x0c;
inline constexpr std::uint8_t kPrintableString = 0x13;
inline constexpr std::uint8_t kIa5String = 0x16;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;

/// "[n]" primitive and constructed, context-specific; n from 0 to 30.
[[nodiscard]] constexpr std::uint8_t context(unsigned n) {
    return static_cast<std::uint8_t>(0x80U | n);
}
[[nodiscard]] constexpr std::uint8_t context_constructed(unsigned n) {
    return static_cast<std::uint8_t>(0xa0U | n);
}

/// Tag and length of a value of `length` bytes: at most 10 bytes.
[[nodiscard]] std::string header(std::uint8_t tag, std::uint64_t length);

/// A whole element: tag, length, the parts one after another.
[[nodiscard]] std::string element(std::uint8_t tag, std::initializer_list<std::string_view> parts);
[[nodiscard]] inline std::string sequence(std::initializer_list<std::string_view> parts) {
    return element(kSequence, parts);
}

/// INTEGER of a number from 0 up, and of an unsigned big-endian number in bytes.
[[nodiscard]] std::string integer(std::uint64_t number);
[[nodiscard]] std::string integer_of(std::string_view big_endian);

/// OBJECT IDENTIFIER of dotted numbers. Nothing when the text is none.
[[nodiscard]] std::optional<std::string> object_identifier(std::string_view dotted);

/// UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5); whole seconds.
[[nodiscard]] std::string time(Instant at);

/// GeneralizedTime of any year, as OCSP wants it (RFC 6960 §4.2.2.1); whole seconds, 1950 to 9999.
[[nodiscard]] std::string generalized_time(Instant at);

/// One element met by a Reader; views into the bytes read.
struct Element {
    std::uint8_t tag;
    std::string_view content;
    std::string_view whole;
};

/// Reads elements one after another; strict: definite, shortest lengths only, one-byte tags.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    /// Nothing at the end, or when the bytes are no DER (then good() is false).
    [[nodiscard]] std::optional<Element> next();

    /// next(), but only an element of this tag; otherwise nothing, and good() is false.
    [[nodiscard]] std::optional<Element> expect(std::uint8_t tag);

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool good() const { return good_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

}  // namespace sealdesk::crypto::der
