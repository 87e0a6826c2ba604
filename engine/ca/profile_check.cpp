#include "ca/profile_check.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "ca/crl_partition.h"
#include "crypto/der.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

void free_extensions(STACK_OF(X509_EXTENSION) * stack) {
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}
using ExtensionStack = Handle<STACK_OF(X509_EXTENSION), &free_extensions>;

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// A read extension as a typed object; null when it is not of this type, or when its bytes are
/// readable but not DER (OpenSSL's decoder takes BER: written again, they would differ).
template <class T, auto Release>
Handle<T, Release> decoded(X509_EXTENSION* extension) {
    Handle<T, Release> value(static_cast<T*>(X509V3_EXT_d2i(extension)));
    if (value == nullptr) {
        return value;
    }
    const Handle<X509_EXTENSION, &X509_EXTENSION_free> again(
        X509V3_EXT_i2d(OBJ_obj2nid(X509_EXTENSION_get_object(extension)), 0, value.get()));
    if (again == nullptr || bytes_of(X509_EXTENSION_get_data(again.get())) !=
                                bytes_of(X509_EXTENSION_get_data(extension))) {
        value.reset();
    }
    return value;
}

std::string dotted(const ASN1_OBJECT* object) {
    std::array<char, 128> text{};
    OBJ_obj2txt(text.data(), text.size(), object, 1);
    return text.data();
}

/// What an optional field of the order says; empty when it says nothing.
std::string field_of(const Statement& wanted, const std::string& fixed, const std::string& field) {
    if (field.empty()) {
        return fixed;
    }
    const auto found = wanted.subject.find(field);
    return found == wanted.subject.end() ? std::string() : found->second;
}

bool is_uri(const GENERAL_NAME* name, std::string_view address) {
    return name->type == GEN_URI && bytes_of(name->d.uniformResourceIdentifier) == address;
}

/// Every attribute in an RDN of its own, in order, with the right string type.
bool is_named_as(std::string_view name, const Statement& wanted) {
    der::Reader names(name);
    for (const NameAttribute& attribute : wanted.profile.subject) {
        const std::string value = field_of(wanted, attribute.value, attribute.field);
        if (value.empty()) {
            continue;
        }
        const auto set = names.expect(der::kSet);
        der::Reader members(set ? set->content : std::string_view());
        const auto pair = members.expect(der::kSequence);
        der::Reader parts(pair ? pair->content : std::string_view());
        const auto type = parts.expect(der::kObjectIdentifier);
        const auto text = parts.expect(
            attribute.type == StringType::Printable ? der::kPrintableString : der::kUtf8String);
        if (!type || !text || !members.at_end() || !parts.at_end() || text->content != value ||
            type->whole != der::object_identifier(attribute.oid)) {
            return false;
        }
    }
    return names.at_end();
}

bool check_authority_key(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<AUTHORITY_KEYID, &AUTHORITY_KEYID_free>(extension);
    return value != nullptr && value->keyid != nullptr && value->issuer == nullptr &&
           value->serial == nullptr && bytes_of(value->keyid) == wanted.issuer.key_id;
}

bool check_subject_key(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<ASN1_OCTET_STRING, &ASN1_OCTET_STRING_free>(extension);
    return value != nullptr && bytes_of(value.get()) == wanted.key.key_id;
}

bool check_key_usage(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<ASN1_BIT_STRING, &ASN1_BIT_STRING_free>(extension);
    if (value == nullptr || wanted.profile.key_usage.empty() || value->length == 0) {
        return false;
    }
    constexpr int usage_bits = 9;
    for (int bit = 0; bit < usage_bits; ++bit) {
        bool asked = false;
        for (const KeyUsage usage : wanted.profile.key_usage) {
            asked = asked || int(usage) == bit;
        }
        if ((ASN1_BIT_STRING_get_bit(value.get(), bit) == 1) != asked) {
            return false;
        }
    }
    // DER of named bits ends with the last set bit (X.690 §11.2.2).
    const auto unused_bits = static_cast<unsigned>(value->flags) & 0x07U;
    const auto last = static_cast<unsigned char>(bytes_of(value.get()).back());
    return value->length == 1 && (last >> unused_bits & 1U) == 1U;
}

bool check_basic_constraints(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<BASIC_CONSTRAINTS, &BASIC_CONSTRAINTS_free>(extension);
    return value != nullptr && wanted.profile.certifies && value->ca != 0 &&
           value->pathlen != nullptr && ASN1_INTEGER_get(value->pathlen) == 0;
}

bool check_policies(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<CERTIFICATEPOLICIES, &CERTIFICATEPOLICIES_free>(extension);
    const auto& policies = wanted.profile.policies;
    if (value == nullptr || policies.empty() ||
        sk_POLICYINFO_num(value.get()) != int(policies.size())) {
        return false;
    }
    for (int i = 0; i < int(policies.size()); ++i) {
        const POLICYINFO* const policy = sk_POLICYINFO_value(value.get(), i);
        if (policy->qualifiers != nullptr || dotted(policy->policyid) != policies[std::size_t(i)]) {
            return false;
        }
    }
    return true;
}

bool check_alternative_name(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<GENERAL_NAMES, &GENERAL_NAMES_free>(extension);
    if (value == nullptr || sk_GENERAL_NAME_num(value.get()) != 1) {
        return false;
    }
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(value.get(), 0);
    return name->type == GEN_EMAIL &&
           bytes_of(name->d.rfc822Name) == field_of(wanted, {}, std::string(kEmailField));
}

bool check_extended_usage(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<EXTENDED_KEY_USAGE, &EXTENDED_KEY_USAGE_free>(extension);
    const auto& usages = wanted.profile.extended_usage;
    if (value == nullptr || usages.empty() ||
        sk_ASN1_OBJECT_num(value.get()) != int(usages.size())) {
        return false;
    }
    for (int i = 0; i < int(usages.size()); ++i) {
        if (dotted(sk_ASN1_OBJECT_value(value.get(), i)) != usages[std::size_t(i)]) {
            return false;
        }
    }
    return true;
}

bool is_directory_attribute(std::string_view pair, const DirectoryAttribute& attribute,
                            const std::string& value) {
    using Kind = DirectoryAttribute::Kind;
    der::Reader parts(pair);
    const auto type = parts.expect(der::kObjectIdentifier);
    const auto set = parts.expect(der::kSet);
    der::Reader values(set ? set->content : std::string_view());
    const auto one = values.next();
    if (!type || !one || !parts.at_end() || !values.at_end() ||
        type->whole != der::object_identifier(attribute.oid)) {
        return false;
    }
    if (attribute.kind == Kind::ObjectIdentifier) {
        return one->whole == der::object_identifier(value);
    }
    const auto tag = attribute.kind == Kind::Printable ? der::kPrintableString : der::kUtf8String;
    return one->tag == tag && one->content == value;
}

/// OpenSSL has no decoder for it: ours, element by element.
bool check_directory_attributes(X509_EXTENSION* extension, const Statement& wanted) {
    der::Reader whole(bytes_of(X509_EXTENSION_get_data(extension)));
    const auto list = whole.expect(der::kSequence);
    der::Reader attributes(list ? list->content : std::string_view());
    for (const DirectoryAttribute& attribute : wanted.profile.directory_attributes) {
        const std::string value = field_of(wanted, attribute.value, attribute.field);
        if (value.empty()) {
            continue;
        }
        const auto pair = attributes.expect(der::kSequence);
        if (!pair || !is_directory_attribute(pair->content, attribute, value)) {
            return false;
        }
    }
    return list && attributes.at_end() && whole.at_end();
}

bool check_crl_points(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<CRL_DIST_POINTS, &CRL_DIST_POINTS_free>(extension);
    const auto addresses = crl_addresses(wanted.publication, wanted.serial);
    if (value == nullptr || sk_DIST_POINT_num(value.get()) != int(addresses.size())) {
        return false;
    }
    for (int i = 0; i < int(addresses.size()); ++i) {
        const DIST_POINT* const point = sk_DIST_POINT_value(value.get(), i);
        if (point->CRLissuer != nullptr || point->reasons != nullptr ||
            point->distpoint == nullptr || point->distpoint->type != 0 ||
            sk_GENERAL_NAME_num(point->distpoint->name.fullname) != 1 ||
            !is_uri(sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0),
                    addresses[std::size_t(i)])) {
            return false;
        }
    }
    return true;
}

bool check_authority_info(X509_EXTENSION* extension, const Statement& wanted) {
    const auto value = decoded<AUTHORITY_INFO_ACCESS, &AUTHORITY_INFO_ACCESS_free>(extension);
    std::vector<std::pair<int, std::string_view>> entries;
    if (!wanted.publication.ca_issuers.empty()) {
        entries.emplace_back(NID_ad_ca_issuers, wanted.publication.ca_issuers);
    }
    if (!wanted.publication.ocsp.empty()) {
        entries.emplace_back(NID_ad_OCSP, wanted.publication.ocsp);
    }
    if (value == nullptr || sk_ACCESS_DESCRIPTION_num(value.get()) != int(entries.size())) {
        return false;
    }
    for (int i = 0; i < int(entries.size()); ++i) {
        const ACCESS_DESCRIPTION* const entry = sk_ACCESS_DESCRIPTION_value(value.get(), i);
        if (OBJ_obj2nid(entry->method) != entries[std::size_t(i)].first ||
            !is_uri(entry->location, entries[std::size_t(i)].second)) {
            return false;
        }
    }
    return true;
}

bool check_no_check(X509_EXTENSION* extension, const Statement&) {
    return bytes_of(X509_EXTENSION_get_data(extension)) == std::string_view("\x05\x00", 2);
}

struct ExtensionRule {
    ExtensionKind kind;
    int nid;
    bool critical;
    bool (*check)(X509_EXTENSION*, const Statement&);
};

// clang-format off
constexpr std::array<ExtensionRule, 11> kExtensionRules{{
    {ExtensionKind::AuthorityKey,        NID_authority_key_identifier,     false, check_authority_key},
    {ExtensionKind::SubjectKey,          NID_subject_key_identifier,       false, check_subject_key},
    {ExtensionKind::KeyUsage,            NID_key_usage,                    true,  check_key_usage},
    {ExtensionKind::BasicConstraints,    NID_basic_constraints,            true,  check_basic_constraints},
    {ExtensionKind::Policies,            NID_certificate_policies,         false, check_policies},
    {ExtensionKind::AlternativeName,     NID_subject_alt_name,             false, check_alternative_name},
    {ExtensionKind::ExtendedUsage,       NID_ext_key_usage,                false, check_extended_usage},
    {ExtensionKind::DirectoryAttributes, NID_subject_directory_attributes, false, check_directory_attributes},
    {ExtensionKind::CrlPoints,           NID_crl_distribution_points,      false, check_crl_points},
    {ExtensionKind::AuthorityInfo,       NID_info_access,                  false, check_authority_info},
    {ExtensionKind::OcspNoCheck,         NID_id_pkix_OCSP_noCheck,         false, check_no_check},
}};
// clang-format on

const ExtensionRule& rule_of(ExtensionKind kind) {
    for (const ExtensionRule& rule : kExtensionRules) {
        if (rule.kind == kind) {
            return rule;
        }
    }
    SEALDESK_CHECK(false);
}

/// Extensions that have nothing to say in this order are left out.
bool is_due(ExtensionKind kind, const Statement& wanted) {
    if (kind == ExtensionKind::AlternativeName) {
        return !field_of(wanted, {}, std::string(kEmailField)).empty();
    }
    if (kind == ExtensionKind::CrlPoints) {
        return !wanted.publication.crl.empty();
    }
    if (kind == ExtensionKind::AuthorityInfo) {
        return !wanted.publication.ca_issuers.empty() || !wanted.publication.ocsp.empty();
    }
    if (kind == ExtensionKind::DirectoryAttributes) {
        for (const DirectoryAttribute& attribute : wanted.profile.directory_attributes) {
            if (!field_of(wanted, attribute.value, attribute.field).empty()) {
                return true;
            }
        }
        return false;
    }
    return true;
}

Error lint(std::string where) {
    return {ErrorKind::Internal, "ca.lint",
            "The certificate to be signed is not what the profile and the order say; nothing was "
            "signed.",
            std::move(where), "M 7"};
}

/// OpenSSL takes any BOOLEAN that is not zero for true; DER knows one.
bool is_strict(const std::optional<der::Element>& extension, bool critical) {
    der::Reader parts(extension ? extension->content : std::string_view());
    if (!parts.expect(der::kObjectIdentifier)) {
        return false;
    }
    if (critical) {
        const auto flag = parts.expect(der::kBoolean);
        if (!flag || flag->content != "\xff") {
            return false;
        }
    }
    return parts.expect(der::kOctetString) && parts.at_end();
}

Outcome check_extensions(std::string_view bytes, const Statement& wanted) {
    const unsigned char* at = crypto::octets(bytes);
    const ExtensionStack stack(d2i_X509_EXTENSIONS(nullptr, &at, static_cast<long>(bytes.size())));
    der::Reader outer(bytes);
    const auto list = outer.expect(der::kSequence);
    der::Reader elements(list ? list->content : std::string_view());
    int index = 0;
    for (const ExtensionKind kind : wanted.profile.extensions) {
        if (!is_due(kind, wanted)) {
            continue;
        }
        const ExtensionRule& rule = rule_of(kind);
        X509_EXTENSION* const extension = sk_X509_EXTENSION_value(stack.get(), index++);
        const bool right = extension != nullptr && is_strict(elements.next(), rule.critical) &&
                           OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == rule.nid &&
                           (X509_EXTENSION_get_critical(extension) == 1) == rule.critical &&
                           rule.check(extension, wanted);
        if (!right) {
            crypto::forget_errors();
            return lint(OBJ_nid2sn(rule.nid));
        }
    }
    if (stack == nullptr || sk_X509_EXTENSION_num(stack.get()) != index || !elements.at_end() ||
        !outer.at_end()) {
        crypto::forget_errors();
        return lint("extensions");
    }
    return done();
}

bool is_time(const std::optional<der::Element>& found, Instant wanted) {
    if (!found) {
        return false;
    }
    // Compared as text, so that a time off by a second or written in the other form is seen.
    std::string text = to_utc_text(wanted);  // 2026-11-20T09:15:00Z
    std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'T'; });
    const bool is_short = text < "2050";
    return found->tag == (is_short ? der::kUtcTime : der::kGeneralizedTime) &&
           found->content == (is_short ? text.substr(2) : text);
}

bool check_version(const der::Element& found, const Statement& /*wanted*/) {
    constexpr std::string_view version_3("\x02\x01\x02", 3);
    return found.content == version_3;
}

bool check_serial(const der::Element& found, const Statement& wanted) {
    // 16 octets, positive without padding: top bits 01 (RFC 5280 §4.1.2.2).
    return found.content == wanted.serial && wanted.serial.size() == 16 &&
           (static_cast<unsigned char>(wanted.serial[0]) & 0xc0U) == 0x40U;
}

bool check_algorithm(const der::Element& found, const Statement& /*wanted*/) {
    return found.whole == signature_algorithm();
}

bool check_issuer(const der::Element& found, const Statement& wanted) {
    return found.whole == wanted.issuer.name;
}

bool check_validity(const der::Element& found, const Statement& wanted) {
    der::Reader times(found.content);
    return is_time(times.next(), wanted.not_before) && is_time(times.next(), wanted.not_after) &&
           times.at_end();
}

bool check_subject_name(const der::Element& found, const Statement& wanted) {
    return is_named_as(found.content, wanted);
}

bool check_subject_public_key(const der::Element& found, const Statement& wanted) {
    return found.whole == wanted.key.spki;
}

struct PartRule {
    const char* name;
    std::uint8_t tag;
    bool (*check)(const der::Element&, const Statement&);
};

// TBSCertificate in its order (RFC 5280 §4.1); the extensions follow.
constexpr std::array<PartRule, 7> kPartRules{{
    {"version", der::context_constructed(0), check_version},
    {"serialNumber", der::kInteger, check_serial},
    {"signature", der::kSequence, check_algorithm},
    {"issuer", der::kSequence, check_issuer},
    {"validity", der::kSequence, check_validity},
    {"subject", der::kSequence, check_subject_name},
    {"subjectPublicKeyInfo", der::kSequence, check_subject_public_key},
}};

}  // namespace

Outcome check_to_be_signed(std::string_view tbs, const Statement& wanted) {
    der::Reader outer(tbs);
    const auto whole = outer.expect(der::kSequence);
    der::Reader parts(whole ? whole->content : std::string_view());
    for (const PartRule& rule : kPartRules) {
        const auto part = parts.expect(rule.tag);
        if (!part || !rule.check(*part, wanted)) {
            return lint(rule.name);
        }
    }
    const auto extensions = parts.expect(der::context_constructed(3));
    if (!extensions || !parts.at_end() || !outer.at_end()) {
        return lint("tbsCertificate");
    }
    return check_extensions(extensions->content, wanted);
}

}  // namespace sealdesk::ca
