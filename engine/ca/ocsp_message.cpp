#include "ca/ocsp_message.h"

#include "base/error.h"
#include "base/text.h"
#include "ca/to_be_signed.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

constexpr std::string_view kSha1 = "1.3.14.3.2.26";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kBasicResponse = "1.3.6.1.5.5.7.48.1.1";
constexpr std::string_view kNonce = "1.3.6.1.5.5.7.48.1.2";
constexpr std::size_t kSha1Size = 20;
constexpr std::size_t kSha256Size = 32;
constexpr std::size_t kSerialMax = 20;  // RFC 5280 §4.1.2.2

std::string oid(std::string_view dotted) {
    const auto made = der::object_identifier(dotted);
    SEALDESK_CHECK(made.has_value());
    return *made;
}

std::optional<IssuerHash> read_hash(std::string_view algorithm) {
    der::Reader parts(algorithm);
    const auto name = parts.expect(der::kObjectIdentifier);
    if (!name) {
        return std::nullopt;
    }
    if (!parts.at_end()) {
        const auto parameters = parts.expect(der::kNull);
        if (!parameters || !parameters->content.empty() || !parts.at_end()) {
            return std::nullopt;
        }
    }
    if (name->whole == oid(kSha1)) {
        return IssuerHash::Sha1;
    }
    return name->whole == oid(kSha256) ? std::optional(IssuerHash::Sha256) : std::nullopt;
}

/// INTEGER's content as our serial numbers are written; nothing when it is negative or too long.
std::optional<std::string> read_serial(std::string_view content) {
    if (content.empty() || content.size() > kSerialMax + 1 ||
        (static_cast<unsigned char>(content.front()) & 0x80U) != 0) {
        return std::nullopt;
    }
    while (content.size() > 1 && content.front() == '\0') {
        content.remove_prefix(1);
    }
    return to_hex(content);
}

std::optional<CertId> read_cert_id(std::string_view content) {
    der::Reader parts(content);
    const auto algorithm = parts.expect(der::kSequence);
    const auto name = parts.expect(der::kOctetString);
    const auto key = parts.expect(der::kOctetString);
    const auto serial = parts.expect(der::kInteger);
    if (!algorithm || !name || !key || !serial || !parts.at_end()) {
        return std::nullopt;
    }
    const auto hash = read_hash(algorithm->content);
    const auto number = read_serial(serial->content);
    if (!hash || !number) {
        return std::nullopt;
    }
    const std::size_t size = *hash == IssuerHash::Sha1 ? kSha1Size : kSha256Size;
    if (name->content.size() != size || key->content.size() != size) {
        return std::nullopt;
    }
    return CertId{*hash, std::string(name->content), std::string(key->content), *number};
}

struct Extension {
    std::string_view name;  ///< DER OBJECT IDENTIFIER
    bool critical;
    std::string_view value;
};

std::optional<Extension> read_extension(std::string_view content) {
    der::Reader parts(content);
    const auto name = parts.expect(der::kObjectIdentifier);
    auto next = parts.next();
    bool critical = false;
    if (next && next->tag == der::kBoolean) {
        critical = next->content != std::string_view("\0", 1);
        next = parts.next();
    }
    if (!name || !next || next->tag != der::kOctetString || !parts.at_end()) {
        return std::nullopt;
    }
    return Extension{name->whole, critical, next->content};
}

/// An OCTET STRING of 1 to kNonceMax bytes.
bool is_nonce_value(std::string_view value) {
    constexpr std::size_t header_max = 3;
    return !value.empty() && value.size() <= kNonceMax + header_max;
}

/// Extensions; false when malformed, or when a critical one is not known. Takes the nonce when
/// `nonce` is given.
bool read_extensions(std::string_view extensions, std::string* nonce) {
    der::Reader outer(extensions);
    const auto list = outer.expect(der::kSequence);
    if (!list || !outer.at_end()) {
        return false;
    }
    const std::string nonce_name = oid(kNonce);
    der::Reader each(list->content);
    while (!each.at_end()) {
        const auto whole = each.expect(der::kSequence);
        const auto one = whole ? read_extension(whole->content) : std::nullopt;
        if (!one) {
            return false;
        }
        const bool is_nonce = nonce != nullptr && one->name == nonce_name;
        const bool is_sound = is_nonce ? is_nonce_value(one->value) : !one->critical;
        if (!is_sound) {
            return false;
        }
        if (is_nonce) {
            *nonce = std::string(one->value);
        }
    }
    return true;
}

/// requestList. Extensions of single requests are only looked through for critical ones.
bool read_list(std::string_view list, OcspRequest& request) {
    der::Reader each(list);
    while (!each.at_end()) {
        const auto one = each.expect(der::kSequence);
        der::Reader parts(one ? one->content : std::string_view());
        const auto id = parts.expect(der::kSequence);
        const auto cert_id = id ? read_cert_id(id->content) : std::nullopt;
        if (!cert_id || request.certificates.size() == kCertIdsMax) {
            return false;
        }
        if (!parts.at_end()) {
            const auto extensions = parts.expect(der::context_constructed(0));
            if (!extensions || !parts.at_end() || !read_extensions(extensions->content, nullptr)) {
                return false;
            }
        }
        request.certificates.push_back(*cert_id);
    }
    return !request.certificates.empty();
}

std::string cert_id(const CertId& id) {
    const std::string algorithm = der::sequence(
        {oid(id.hash == IssuerHash::Sha1 ? kSha1 : kSha256), der::element(der::kNull, {})});
    return der::sequence({algorithm, der::element(der::kOctetString, {id.issuer_name_hash}),
                          der::element(der::kOctetString, {id.issuer_key_hash}),
                          der::integer_of(from_hex(id.serial))});
}

/// CertStatus; unspecified is said by saying nothing, as on the CRL.
std::string status_choice(const std::optional<CertificateStatus>& status) {
    if (!status) {
        return der::element(der::context(2), {});
    }
    if (status->state == CertificateState::Issued) {
        return der::element(der::context(0), {});
    }
    std::string reason;
    if (status->reason && *status->reason != Reason::Unspecified) {
        const std::string code{static_cast<char>(*status->reason)};
        reason =
            der::element(der::context_constructed(0), {der::element(der::kEnumerated, {code})});
    }
    return der::element(der::context_constructed(1),
                        {der::generalized_time(status->since.value()), reason});
}

}  // namespace

std::string_view to_text(IssuerHash hash) { return hash == IssuerHash::Sha1 ? "sha1" : "sha256"; }

std::optional<OcspRequest> read_ocsp_request(std::string_view bytes) {
    if (bytes.size() > kOcspRequestMax) {
        return std::nullopt;
    }
    der::Reader outer(bytes);
    const auto whole = outer.expect(der::kSequence);
    if (!whole || !outer.at_end()) {
        return std::nullopt;
    }
    der::Reader signed_parts(whole->content);
    const auto tbs = signed_parts.expect(der::kSequence);
    if (!tbs) {
        return std::nullopt;
    }
    der::Reader parts(tbs->content);
    auto next = parts.next();
    for (const unsigned skipped : {0U, 1U}) {  // version, requestorName
        if (next && next->tag == der::context_constructed(skipped)) {
            next = parts.next();
        }
    }
    OcspRequest request;
    if (!next || next->tag != der::kSequence || !read_list(next->content, request)) {
        return std::nullopt;
    }
    if (!parts.at_end()) {
        const auto extensions = parts.expect(der::context_constructed(2));
        if (!extensions || !parts.at_end() ||
            !read_extensions(extensions->content, &request.nonce)) {
            return std::nullopt;
        }
    }
    return request;
}

std::string ocsp_failure(OcspFailure failure) {
    const std::string code{static_cast<char>(failure)};
    return der::sequence({der::element(der::kEnumerated, {code})});
}

std::string ocsp_response_data(const OcspStatement& statement) {
    const std::string times =
        der::generalized_time(statement.this_update) +
        der::element(der::context_constructed(0), {der::generalized_time(statement.next_update)});
    std::string answers;
    for (const SingleAnswer& answer : statement.answers) {
        answers += der::sequence({cert_id(answer.id), status_choice(answer.status), times});
    }
    std::string extensions;
    if (!statement.nonce.empty()) {
        extensions = der::element(der::context_constructed(1),
                                  {der::sequence({extension(kNonce, false, statement.nonce)})});
    }
    return der::sequence(
        {der::element(der::context_constructed(2),
                      {der::element(der::kOctetString, {statement.responder_key_hash})}),
         der::generalized_time(statement.this_update), der::sequence({answers}), extensions});
}

std::string ocsp_response(std::string_view response_data, std::string_view signature,
                          std::string_view responder_certificate) {
    constexpr std::string_view no_unused_bits("\0", 1);
    const std::string basic = der::sequence(
        {response_data, signature_algorithm(),
         der::element(der::kBitString, {no_unused_bits, signature}),
         der::element(der::context_constructed(0), {der::sequence({responder_certificate})})});
    const std::string bytes =
        der::sequence({oid(kBasicResponse), der::element(der::kOctetString, {basic})});
    const std::string successful(1, '\0');
    return der::sequence({der::element(der::kEnumerated, {successful}),
                          der::element(der::context_constructed(0), {bytes})});
}

}  // namespace sealdesk::ca
