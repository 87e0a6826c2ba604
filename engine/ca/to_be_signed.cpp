#include "ca/to_be_signed.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "ca/crl_partition.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;
using Fields = std::map<std::string, std::string>;

constexpr std::string_view kSha256WithRsa(
    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00", 15);

std::string oid(std::string_view dotted) {
    auto encoded = der::object_identifier(dotted);
    SEALDESK_CHECK(encoded.has_value());  // profiles are checked when they are read
    return *std::move(encoded);
}

std::string text_element(StringType type, std::string_view text) {
    return der::element(type == StringType::Printable ? der::kPrintableString : der::kUtf8String,
                        {text});
}

/// The value of an attribute; nothing when it is to be left out.
const std::string* value_of(const std::string& fixed, const std::string& field,
                            const Fields& subject) {
    if (field.empty()) {
        return &fixed;
    }
    const auto found = subject.find(field);
    return found == subject.end() || found->second.empty() ? nullptr : &found->second;
}

std::string key_usage_value(const std::vector<KeyUsage>& usage) {
    unsigned bits = 0;
    unsigned highest = 0;
    for (const KeyUsage one : usage) {
        bits |= 0x80U >> unsigned(one);
        highest = std::max(highest, unsigned(one));
    }
    const std::string content{static_cast<char>(7U - highest), static_cast<char>(bits)};
    return der::element(der::kBitString, {content});
}

std::string oid_list(const std::vector<std::string>& oids, bool each_in_sequence) {
    std::string list;
    for (const std::string& one : oids) {
        list += each_in_sequence ? der::sequence({oid(one)}) : oid(one);
    }
    return der::sequence({list});
}

std::string uri(std::string_view address) { return der::element(der::context(6), {address}); }

std::string authority_info_value(const Publication& publication) {
    std::string list;
    if (!publication.ca_issuers.empty()) {
        list += der::sequence({oid("1.3.6.1.5.5.7.48.2"), uri(publication.ca_issuers)});
    }
    if (!publication.ocsp.empty()) {
        list += der::sequence({oid("1.3.6.1.5.5.7.48.1"), uri(publication.ocsp)});
    }
    return list.empty() ? std::string() : der::sequence({list});
}

std::string directory_attributes_value(const std::vector<DirectoryAttribute>& attributes,
                                       const Fields& subject) {
    std::string list;
    for (const DirectoryAttribute& attribute : attributes) {
        const std::string* const value = value_of(attribute.value, attribute.field, subject);
        if (value == nullptr) {
            continue;
        }
        using Kind = DirectoryAttribute::Kind;
        const std::string encoded =
            attribute.kind == Kind::ObjectIdentifier
                ? oid(*value)
                : text_element(
                      attribute.kind == Kind::Printable ? StringType::Printable : StringType::Utf8,
                      *value);
        list += der::sequence({oid(attribute.oid), der::element(der::kSet, {encoded})});
    }
    return list.empty() ? std::string() : der::sequence({list});
}

std::string optional_extension(std::string_view dotted, const std::string& value) {
    return value.empty() ? std::string() : extension(dotted, false, value);
}

std::string alternative_name_value(const Fields& subject) {
    const auto email = subject.find(std::string(kEmailField));
    if (email == subject.end() || email->second.empty()) {
        return {};
    }
    return der::sequence({der::element(der::context(1), {email->second})});
}

/// One extension of the profile; empty when the order gives it nothing to say.
std::string make_extension(ExtensionKind kind, const Statement& statement) {
    switch (kind) {
        case ExtensionKind::AuthorityKey:
            return extension("2.5.29.35", false, authority_key_value(statement.issuer.key_id));
        case ExtensionKind::SubjectKey:
            return extension("2.5.29.14", false,
                             der::element(der::kOctetString, {statement.key.key_id}));
        case ExtensionKind::KeyUsage:
            return extension("2.5.29.15", true, key_usage_value(statement.profile.key_usage));
        case ExtensionKind::BasicConstraints:
            return extension(
                "2.5.29.19", true,
                der::sequence({der::element(der::kBoolean, {"\xff"}), der::integer(0)}));
        case ExtensionKind::Policies:
            return extension("2.5.29.32", false, oid_list(statement.profile.policies, true));
        case ExtensionKind::AlternativeName:
            return optional_extension("2.5.29.17", alternative_name_value(statement.subject));
        case ExtensionKind::ExtendedUsage:
            return extension("2.5.29.37", false, oid_list(statement.profile.extended_usage, false));
        case ExtensionKind::DirectoryAttributes:
            return optional_extension(
                "2.5.29.9", directory_attributes_value(statement.profile.directory_attributes,
                                                       statement.subject));
        case ExtensionKind::CrlPoints:
            return optional_extension("2.5.29.31", crl_points_value(crl_addresses(
                                                       statement.publication, statement.serial)));
        case ExtensionKind::AuthorityInfo:
            return optional_extension("1.3.6.1.5.5.7.1.1",
                                      authority_info_value(statement.publication));
        case ExtensionKind::OcspNoCheck:
            return extension("1.3.6.1.5.5.7.48.1.5", false, der::element(der::kNull, {}));
    }
    SEALDESK_CHECK(false);
}

Error bad_field(std::string code, std::string detail, std::string field) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), std::move(field), "M 3.1.4"};
}

bool is_printable_string(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        // X.680 §41.4
        constexpr std::string_view signs = " '()+,-./:=?";
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               signs.find(c) != std::string_view::npos;
    });
}

bool has_control(const std::u32string& text) {
    return std::ranges::any_of(text,
                               [](char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); });
}

Outcome check_text(StringType type, std::string_view text, int characters_max,
                   const std::string& field) {
    if (!is_utf8(text) || trim(text) != text || has_control(to_code_points(text))) {
        return bad_field("ca.bad_field", "The value has control characters, or blanks at its ends.",
                         field);
    }
    if (to_code_points(text).size() > static_cast<std::size_t>(characters_max)) {
        return bad_field("ca.bad_field",
                         "The value has more than " + std::to_string(characters_max) +
                             " characters, the limit of RFC 5280.",
                         field);
    }
    if (type == StringType::Printable && !is_printable_string(text)) {
        return bad_field("ca.bad_field",
                         "Only letters, digits, blank and '()+,-./:=? may stand here.", field);
    }
    return done();
}

/// rfc822Name holds ASCII only (RFC 5280 §4.2.1.6); addresses with other letters are left out by
/// whoever orders.
Outcome check_email(const std::string& email) {
    const auto at = email.find('@');
    const bool plain = std::ranges::all_of(email, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!plain || at == 0 || at == std::string::npos || at + 1 == email.size() ||
        email.find('@', at + 1) != std::string::npos || email.size() > 254) {
        return bad_field("ca.bad_field", "This is not an e-mail address in ASCII.",
                         std::string(kEmailField));
    }
    return done();
}

bool is_known_field(const Profile& profile, const std::string& field) {
    const auto named = [&](const auto& attribute) { return attribute.field == field; };
    const bool email = field == kEmailField &&
                       std::ranges::find(profile.extensions, ExtensionKind::AlternativeName) !=
                           profile.extensions.end();
    return email || std::ranges::any_of(profile.subject, named) ||
           std::ranges::any_of(profile.directory_attributes, named);
}

Outcome check_directory_attribute(const DirectoryAttribute& attribute, const Fields& subject) {
    const std::string* const value = value_of(attribute.value, attribute.field, subject);
    if (value == nullptr || attribute.field.empty()) {
        return done();
    }
    if (attribute.kind == DirectoryAttribute::Kind::ObjectIdentifier) {
        return der::object_identifier(*value)
                   ? done()
                   : Outcome(bad_field("ca.bad_field", "This is no object identifier.",
                                       attribute.field));
    }
    constexpr int text_max = 64;
    return check_text(attribute.kind == DirectoryAttribute::Kind::Printable ? StringType::Printable
                                                                            : StringType::Utf8,
                      *value, text_max, attribute.field);
}

Outcome check_attribute(const NameAttribute& attribute, const Fields& subject) {
    const std::string* const value = value_of(attribute.value, attribute.field, subject);
    if (value == nullptr) {
        return attribute.required
                   ? Outcome(bad_field("ca.missing_field", "The subject lacks this field.",
                                       attribute.field))
                   : done();
    }
    return check_text(attribute.type, *value, attribute.characters_max, attribute.field);
}

}  // namespace

Outcome check_subject(const Profile& profile, const Fields& subject) {
    for (const auto& [field, value] : subject) {
        if (!is_known_field(profile, field)) {
            return bad_field("ca.unknown_field", "The profile has no such field.", field);
        }
    }
    for (const NameAttribute& attribute : profile.subject) {
        const Outcome sound = check_attribute(attribute, subject);
        if (!sound) {
            return sound.error();
        }
    }
    for (const DirectoryAttribute& attribute : profile.directory_attributes) {
        const Outcome sound = check_directory_attribute(attribute, subject);
        if (!sound) {
            return sound.error();
        }
    }
    const auto email = subject.find(std::string(kEmailField));
    return email == subject.end() || email->second.empty() ? done() : check_email(email->second);
}

std::string name_of(const std::vector<NameAttribute>& attributes, const Fields& subject) {
    std::string names;
    for (const NameAttribute& attribute : attributes) {
        const std::string* const value = value_of(attribute.value, attribute.field, subject);
        if (value != nullptr) {
            names += der::element(
                der::kSet,
                {der::sequence({oid(attribute.oid), text_element(attribute.type, *value)})});
        }
    }
    return der::sequence({names});
}

std::string to_be_signed(const Statement& statement) {
    std::string extensions;
    for (const ExtensionKind kind : statement.profile.extensions) {
        extensions += make_extension(kind, statement);
    }
    return der::sequence(
        {der::element(der::context_constructed(0), {der::integer(2)}),  // version 3
         der::integer_of(statement.serial), kSha256WithRsa, statement.issuer.name,
         der::sequence({der::time(statement.not_before), der::time(statement.not_after)}),
         name_of(statement.profile.subject, statement.subject), statement.key.spki,
         der::element(der::context_constructed(3), {der::sequence({extensions})})});
}

std::string with_signature(std::string_view tbs, std::string_view signature) {
    constexpr std::string_view no_unused_bits("\0", 1);
    return der::sequence(
        {tbs, kSha256WithRsa, der::element(der::kBitString, {no_unused_bits, signature})});
}

std::string_view signature_algorithm() { return kSha256WithRsa; }

std::string extension(std::string_view dotted, bool critical, std::string_view value) {
    constexpr std::string_view is_true("\x01\x01\xff", 3);
    return der::sequence({oid(dotted), critical ? is_true : std::string_view(),
                          der::element(der::kOctetString, {value})});
}

std::string crl_point_name(std::string_view address) {
    // distributionPoint [0] { fullName [0] { URI } }
    return der::element(der::context_constructed(0),
                        {der::element(der::context_constructed(0), {uri(address)})});
}

std::string crl_points_value(const std::vector<std::string>& addresses) {
    std::string list;
    for (const std::string& address : addresses) {
        list += der::sequence({crl_point_name(address)});
    }
    return list.empty() ? std::string() : der::sequence({list});
}

std::string authority_key_value(std::string_view key_id) {
    return der::sequence({der::element(der::context(0), {key_id})});
}

}  // namespace sealdesk::ca
