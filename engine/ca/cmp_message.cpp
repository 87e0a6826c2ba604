#include "ca/cmp_message.h"

#include "base/error.h"
#include "base/text.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;
using Element = std::optional<der::Element>;

constexpr std::uint8_t kDirectoryName = der::context_constructed(4);
constexpr std::string_view kReasonCodeOid = "2.5.29.21";
constexpr std::size_t kSha256Length = 32;

/// The only element of `content`.
Element only_one(std::string_view content, std::uint8_t tag) {
    der::Reader reader(content);
    const Element found = reader.expect(tag);
    return found && reader.at_end() ? found : std::nullopt;
}

std::string bytes_of(std::string_view view) { return std::string(view); }

bool is_oid(const der::Element& element, std::string_view dotted) {
    return element.whole == der::object_identifier(dotted);
}

/// A small number from 0 up, as versions, reasons and states are.
std::optional<unsigned> small_number(const der::Element& element) {
    if (element.content.size() != 1 || (static_cast<unsigned char>(element.content[0]) & 0x80U)) {
        return std::nullopt;
    }
    return static_cast<unsigned char>(element.content[0]);
}

std::optional<Instant> read_generalized_time(std::string_view text) {
    const auto number = [&](std::size_t from, std::size_t length) {
        return static_cast<int>(parse_number(text.substr(from, length)).value_or(-1));
    };
    // A fraction of a second may follow; it does not matter here.
    if (text.size() < 15 || text.back() != 'Z' || (text.size() > 15 && text[14] != '.')) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                          std::chrono::month{static_cast<unsigned>(number(4, 2))},
                                          std::chrono::day{static_cast<unsigned>(number(6, 2))}};
    const int hour = number(8, 2);
    const int minute = number(10, 2);
    const int second = number(12, 2);
    if (number(0, 4) < 0 || !day.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59) {
        return std::nullopt;
    }
    return Instant{std::chrono::sys_days{day}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second};
}

/// Takes what concerns us from one InfoTypeAndValue; false when it has not the agreed form.
bool read_general_info(std::string_view content, CmpMessage& message) {
    der::Reader reader(content);
    const Element type = reader.expect(der::kObjectIdentifier);
    const Element value = reader.next();
    if (!type || !reader.good() || !reader.at_end()) {
        return false;
    }
    if (is_oid(*type, kCmpProfileOid)) {
        if (!value || value->tag != der::kUtf8String || !is_utf8(value->content)) {
            return false;
        }
        message.profile = bytes_of(value->content);
    } else if (is_oid(*type, kCmpApprovalOid)) {
        if (!value || value->tag != der::kOctetString || value->content.size() != kSha256Length) {
            return false;
        }
        message.approval_sha256 = to_hex(value->content);
    }
    return true;
}

bool read_general_infos(std::string_view explicit_content, CmpMessage& message) {
    const Element list = only_one(explicit_content, der::kSequence);
    if (!list) {
        return false;
    }
    der::Reader infos(list->content);
    while (const Element info = infos.next()) {
        if (info->tag != der::kSequence || !read_general_info(info->content, message)) {
            return false;
        }
    }
    return infos.good();
}

/// One of the header's optional, explicitly tagged fields.
bool read_header_field(const der::Element& field, CmpMessage& message) {
    const auto octets_into = [&](std::string& into) {
        const Element octets = only_one(field.content, der::kOctetString);
        into = octets ? bytes_of(octets->content) : std::string();
        return octets.has_value();
    };
    switch (field.tag) {
        case der::context_constructed(0): {
            const Element time = only_one(field.content, der::kGeneralizedTime);
            message.time = time ? read_generalized_time(time->content) : std::nullopt;
            return message.time.has_value();
        }
        case der::context_constructed(1): {
            const Element algorithm = only_one(field.content, der::kSequence);
            message.protection_algorithm = algorithm ? bytes_of(algorithm->whole) : std::string();
            return algorithm.has_value();
        }
        case der::context_constructed(2): {
            std::string key_id;
            const bool readable = octets_into(key_id);
            message.sender_key_id = to_hex(key_id);
            return readable;
        }
        case der::context_constructed(4): return octets_into(message.transaction_id);
        case der::context_constructed(5): return octets_into(message.sender_nonce);
        case der::context_constructed(8): return read_general_infos(field.content, message);
        default: return true;  // recipient's key and nonce, free text
    }
}

bool read_header(std::string_view content, CmpMessage& message) {
    der::Reader reader(content);
    const Element version = reader.expect(der::kInteger);
    const Element sender = reader.next();
    const Element recipient = reader.next();
    const auto number = version ? small_number(*version) : std::nullopt;
    if (!number || !sender || !recipient) {
        return false;
    }
    message.version = *number;
    if (sender->tag == kDirectoryName) {
        const Element name = only_one(sender->content, der::kSequence);
        if (!name) {
            return false;
        }
        message.sender = bytes_of(name->whole);
    }
    while (const Element field = reader.next()) {
        if (!read_header_field(*field, message)) {
            return false;
        }
    }
    return reader.good();
}

/// CertTemplate (RFC 4211 §5), implicit tags; names are CHOICEs and stand in explicit ones.
bool read_template(std::string_view content, CmpCertificateRequest& request) {
    der::Reader reader(content);
    while (const Element field = reader.next()) {
        switch (field->tag) {
            case der::context(0): break;  // version
            case der::context_constructed(3): request.issuer = bytes_of(field->content); break;
            case der::context_constructed(4): request.has_validity = true; break;
            case der::context_constructed(5): request.subject = bytes_of(field->content); break;
            case der::context_constructed(6):
                request.public_key = der::sequence({field->content});
                break;
            case der::context_constructed(9):
                request.extensions = der::sequence({field->content});
                break;
            default: request.is_odd = true;
        }
    }
    return reader.good();
}

bool read_proof(const der::Element& proof, CmpCertificateRequest& request) {
    if (proof.tag == der::context(0)) {
        request.is_ra_verified = true;
        return true;
    }
    if (proof.tag != der::context_constructed(1)) {
        return true;  // encryption and agreement: OpenSSL refuses them
    }
    der::Reader reader(proof.content);
    Element part = reader.next();
    if (part && part->tag == der::context_constructed(0)) {
        part = reader.next();  // poposkInput stands before
    }
    if (!part || part->tag != der::kSequence) {
        return false;
    }
    request.signature_algorithm = bytes_of(part->whole);
    return true;
}

/// The only element of a SEQUENCE OF.
Element only_entry(std::string_view body) {
    const Element list = only_one(body, der::kSequence);
    return list ? only_one(list->content, der::kSequence) : std::nullopt;
}

/// One extension of crlEntryDetails; takes the reason, passes over others.
bool read_entry_extension(std::string_view content, std::optional<unsigned>& reason) {
    der::Reader parts(content);
    const Element type = parts.expect(der::kObjectIdentifier);
    Element value = parts.next();
    if (value && value->tag == der::kBoolean) {
        value = parts.next();  // criticality stood before
    }
    if (!type || !value || value->tag != der::kOctetString) {
        return false;
    }
    if (is_oid(*type, kReasonCodeOid)) {
        const Element code = only_one(value->content, der::kEnumerated);
        reason = code ? small_number(*code) : std::nullopt;
    }
    return reason.has_value();
}

}  // namespace

std::optional<CmpMessage> read_cmp_message(std::string_view der) {
    const Element whole = only_one(der, der::kSequence);
    if (!whole) {
        return std::nullopt;
    }
    der::Reader reader(whole->content);
    const Element header = reader.expect(der::kSequence);
    const Element body = reader.next();
    constexpr unsigned explicit_bits = 0xe0;
    CmpMessage message;
    if (!header || !body || (body->tag & explicit_bits) != der::context_constructed(0) ||
        !read_header(header->content, message)) {
        return std::nullopt;
    }
    while (reader.next()) {
        // protection and certificates: OpenSSL's business
    }
    if (!reader.good()) {
        return std::nullopt;
    }
    message.kind = body->tag & ~explicit_bits;
    message.body = bytes_of(body->content);
    return message;
}

std::string without_extra_certificates(std::string_view der) {
    const Element whole = only_one(der, der::kSequence);
    der::Reader reader(whole ? whole->content : std::string_view());
    const Element header = reader.next();
    const Element body = reader.next();
    const Element protection = reader.next();
    if (!protection || protection->tag != der::context_constructed(0)) {
        return std::string(der);
    }
    return der::sequence({header->whole, body->whole, protection->whole});
}

std::optional<CmpCertificateRequest> read_certificate_request(std::string_view body) {
    const Element entry = only_entry(body);
    der::Reader parts(entry ? entry->content : std::string_view());
    const Element wanted = parts.expect(der::kSequence);
    if (!wanted) {
        return std::nullopt;
    }
    der::Reader reader(wanted->content);
    const Element id = reader.expect(der::kInteger);
    const Element form = reader.expect(der::kSequence);
    CmpCertificateRequest request;
    // RFC 4210 §5.3.1 numbers from 0, and there is one.
    if (!id || small_number(*id) != 0U || !form || !read_template(form->content, request)) {
        return std::nullopt;
    }
    const Element proof = parts.next();
    if (!parts.good() || (proof && !read_proof(*proof, request))) {
        return std::nullopt;
    }
    return request;
}

std::optional<unsigned> read_revocation_reason(std::string_view body) {
    const Element entry = only_entry(body);
    der::Reader details(entry ? entry->content : std::string_view());
    const Element certificate = details.expect(der::kSequence);
    const Element list = details.next();
    if (!certificate || !details.good() || (list && list->tag != der::kSequence)) {
        return std::nullopt;
    }
    der::Reader extensions(list ? list->content : std::string_view());
    std::optional<unsigned> reason = 0;
    while (const Element extension = extensions.next()) {
        if (!read_entry_extension(extension->content, reason)) {
            return std::nullopt;
        }
    }
    return extensions.good() ? reason : std::nullopt;
}

std::optional<CmpConfirmation> read_confirmation(std::string_view body) {
    const Element list = only_one(body, der::kSequence);
    if (!list) {
        return std::nullopt;
    }
    if (list->content.empty()) {
        return CmpConfirmation{};  // RFC 4210 §5.3.18: all are rejected
    }
    const Element entry = only_one(list->content, der::kSequence);
    der::Reader reader(entry ? entry->content : std::string_view());
    const Element hash = reader.expect(der::kOctetString);
    const Element id = reader.expect(der::kInteger);
    if (!hash || !id) {
        return std::nullopt;
    }
    CmpConfirmation confirmation{bytes_of(hash->content), true};
    const Element status = reader.next();
    if (!reader.good()) {
        return std::nullopt;
    }
    if (status && status->tag == der::kSequence) {
        const Element number = der::Reader(status->content).expect(der::kInteger);
        const auto state = number ? small_number(*number) : std::nullopt;
        if (!state) {
            return std::nullopt;
        }
        confirmation.is_accepted = *state <= 1;  // accepted, grantedWithMods
    }
    return confirmation;
}

}  // namespace sealdesk::ca
