#include "ca/cmp_answer.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include <openssl/x509v3.h>

#include "ca/to_be_signed.h"
#include "crypto/der.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

constexpr std::size_t kNonceLength = 16;  // RFC 4210 §5.1.1: 128 bits
constexpr std::uint64_t kProtocolVersion = 2;
constexpr std::uint64_t kStatusRejection = 2;
// AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 §3.2).
constexpr std::string_view kEcdsaWithSha256("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 12);
constexpr std::string_view kNoUnusedBits("\0", 1);

std::string tagged(unsigned number, std::string_view content) {
    return der::element(der::context_constructed(number), {content});
}

std::string octets_tagged(unsigned number, std::string_view bytes) {
    return bytes.empty() ? std::string() : tagged(number, der::element(der::kOctetString, {bytes}));
}

/// GeneralizedTime, which messageTime is in every year.
std::string generalized_time(Instant at) {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{second - day};
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                  int(clock.minutes().count()), int(clock.seconds().count()));
    return der::element(der::kGeneralizedTime, {text.data()});
}

/// A named BIT STRING with one bit set: no trailing zeros (X.690 §11.2.2).
std::string one_bit(unsigned bit) {
    std::string content(bit / 8 + 2, '\0');
    content[0] = static_cast<char>(7 - bit % 8);
    content.back() = static_cast<char>(0x80U >> (bit % 8));
    return der::element(der::kBitString, {content});
}

std::string error_body(const CmpFailure& failure) {
    const std::string text =
        der::sequence({der::element(der::kUtf8String, {to_cmp_text(failure.text)})});
    return tagged(cmp_body::kErrorMessage,
                  der::sequence({der::sequence(
                      {der::integer(kStatusRejection), text, one_bit(unsigned(failure.bit))})}));
}

std::string header_start(std::string_view sender, std::string_view recipient) {
    return der::integer(kProtocolVersion) + tagged(4, sender) + tagged(4, recipient);
}

std::string empty_name() { return der::sequence({}); }

/// The sender as recipient; what is no Name must not make our answer unreadable.
std::string recipient_of(const CmpMessage& request) {
    const unsigned char* at = crypto::octets(request.sender);
    const Handle<X509_NAME, &X509_NAME_free> name(
        d2i_X509_NAME(nullptr, &at, static_cast<long>(request.sender.size())));
    crypto::forget_errors();
    return name == nullptr ? empty_name() : crypto::to_der<X509_NAME>(name.get(), &i2d_X509_NAME);
}

std::string signed_header(const CmpHand& hand, const CmpMessage& request,
                          std::string_view algorithm) {
    x509_st* const certificate = hand.certificate.native();
    const std::string sender =
        crypto::to_der<X509_NAME>(X509_get_subject_name(certificate), &i2d_X509_NAME);
    const ASN1_OCTET_STRING* const key_id = X509_get0_subject_key_id(certificate);
    const std::string_view key_id_bytes =
        key_id == nullptr
            ? std::string_view()
            : std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(key_id)),
                               static_cast<std::size_t>(ASN1_STRING_length(key_id)));
    std::string nonce(kNonceLength, '\0');
    hand.random.fill(nonce);
    return der::sequence({header_start(sender, recipient_of(request)),
                          tagged(0, generalized_time(hand.now)), tagged(1, algorithm),
                          octets_tagged(2, key_id_bytes), octets_tagged(4, request.transaction_id),
                          octets_tagged(5, nonce), octets_tagged(6, request.sender_nonce)});
}

/// RFC 4210 §5.1.3: the signature is over header and body as one SEQUENCE.
std::string signed_message(const CmpHand& hand, const CmpMessage& request, std::string_view body) {
    const std::string header =
        signed_header(hand, request, hand.key.is_rsa() ? signature_algorithm() : kEcdsaWithSha256);
    const std::string signature = hand.key.sign(der::sequence({header, body}));
    return der::sequence({header, body,
                          tagged(0, der::element(der::kBitString, {kNoUnusedBits, signature})),
                          tagged(1, der::sequence({hand.certificate.der()}))});
}

}  // namespace

std::string write_cmp_error(const CmpHand& hand, const CmpMessage* request,
                            const CmpFailure& failure) {
    return request == nullptr ? write_plain_cmp_error(failure)
                              : signed_message(hand, *request, error_body(failure));
}

std::string write_cmp_confirmation(const CmpHand& hand, const CmpMessage& request) {
    return signed_message(hand, request,
                          tagged(cmp_body::kConfirmation, der::element(der::kNull, {})));
}

std::string write_plain_cmp_error(const CmpFailure& failure) {
    return der::sequence(
        {der::sequence({header_start(empty_name(), empty_name())}), error_body(failure)});
}

}  // namespace sealdesk::ca
