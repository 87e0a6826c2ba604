#include "ca/cmp_subject.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ca/to_be_signed.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

constexpr std::string_view kAlternativeNameOid = "2.5.29.17";
constexpr std::string_view kDirectoryAttributesOid = "2.5.29.9";
constexpr std::uint8_t kEmailName = der::context(1);  // rfc822Name

Error bad_subject(std::string code, std::string detail, std::string field) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), std::move(field), "M 3.1.4"};
}

Error unreadable_subject() {
    return bad_subject("ca.bad_field", "The subject or its extensions cannot be read.", "subject");
}

/// One attribute as it stands in the request.
struct Attribute {
    std::string_view oid;  ///< DER
    der::Element value;
};

/// AttributeTypeAndValue, or Attribute with one value in a SET.
std::optional<Attribute> read_attribute(std::string_view content) {
    der::Reader reader(content);
    const auto oid = reader.expect(der::kObjectIdentifier);
    const auto value = reader.next();
    if (!oid || !value || !reader.at_end()) {
        return std::nullopt;
    }
    return Attribute{oid->whole, *value};
}

bool is_text(std::uint8_t tag) {
    return tag == der::kUtf8String || tag == der::kPrintableString || tag == der::kIa5String;
}

/// UTF-8 of a string a name may hold; the old 16- and 32-bit forms are not taken.
std::optional<std::string> text_of(const der::Element& value) {
    if (!is_text(value.tag) || !is_utf8(value.content)) {
        return std::nullopt;
    }
    return std::string(value.content);
}

class SubjectReader {
public:
    explicit SubjectReader(const Profile& profile)
        : profile_(profile), taken_(profile.subject.size(), false) {}

    Outcome read_name(std::string_view name) {
        der::Reader outer(name);
        const auto whole = outer.expect(der::kSequence);
        if (!whole || !outer.at_end()) {
            return unreadable_subject();
        }
        der::Reader sets(whole->content);
        while (const auto set = sets.next()) {
            der::Reader members(set->tag == der::kSet ? set->content : std::string_view());
            const auto member = members.expect(der::kSequence);
            const auto attribute = member && members.at_end() ? read_attribute(member->content)
                                                              : std::optional<Attribute>();
            if (!attribute) {
                return unreadable_subject();
            }
            const Outcome taken = take(*attribute);
            if (!taken) {
                return taken.error();
            }
        }
        return sets.good() ? done() : Outcome(unreadable_subject());
    }

    Outcome read_extensions(std::string_view extensions) {
        der::Reader outer(extensions);
        const auto whole = outer.expect(der::kSequence);
        der::Reader list(whole ? whole->content : std::string_view());
        while (const auto one = list.next()) {
            der::Reader parts(one->content);
            const auto oid = parts.expect(der::kObjectIdentifier);
            auto value = parts.next();
            if (value && value->tag == der::kBoolean) {
                value = parts.next();  // criticality stood before
            }
            if (!oid || !value || value->tag != der::kOctetString) {
                return unreadable_subject();
            }
            const Outcome read = read_extension(oid->whole, value->content);
            if (!read) {
                return read.error();
            }
        }
        return whole && list.good() ? done() : Outcome(unreadable_subject());
    }

    CmpSubject take_result() { return std::move(result_); }

private:
    /// The first attribute of the profile with this OID that has not been met: with the same fixed
    /// value, or of a field.
    Outcome take(const Attribute& attribute) {
        const auto text = text_of(attribute.value);
        if (!text) {
            return unreadable_subject();
        }
        const NameAttribute* fixed = nullptr;
        for (std::size_t i = 0; i < profile_.subject.size(); ++i) {
            const NameAttribute& known = profile_.subject[i];
            if (taken_[i] || attribute.oid != der::object_identifier(known.oid)) {
                continue;
            }
            if (!known.field.empty()) {
                taken_[i] = true;
                result_.fields[known.field] = *text;
                return done();
            }
            if (known.value == *text) {
                taken_[i] = true;
                return done();
            }
            fixed = &known;
        }
        return fixed == nullptr
                   ? Outcome(bad_subject("ca.unknown_field",
                                         "The subject has an attribute the profile has not.",
                                         "subject"))
                   : Outcome(bad_subject("ca.bad_field",
                                         "An attribute the profile fixes has another value.",
                                         fixed->oid));
    }

    Outcome read_extension(std::string_view oid, std::string_view value) {
        if (oid == der::object_identifier(kAlternativeNameOid)) {
            return read_alternative_name(value);
        }
        if (oid == der::object_identifier(kDirectoryAttributesOid)) {
            return read_directory_attributes(value);
        }
        result_.is_modified = true;
        return done();
    }

    Outcome read_alternative_name(std::string_view value) {
        der::Reader outer(value);
        const auto names = outer.expect(der::kSequence);
        der::Reader reader(names ? names->content : std::string_view());
        const auto email = reader.expect(kEmailName);
        if (!email || !reader.at_end() || !is_utf8(email->content)) {
            return bad_subject("ca.bad_field",
                               "The alternative name may be one e-mail address only.",
                               std::string(kEmailField));
        }
        result_.fields[std::string(kEmailField)] = std::string(email->content);
        return done();
    }

    Outcome read_directory_attributes(std::string_view value) {
        der::Reader outer(value);
        const auto whole = outer.expect(der::kSequence);
        der::Reader list(whole ? whole->content : std::string_view());
        while (const auto one = list.next()) {
            const auto attribute = read_attribute(one->content);
            if (!attribute || attribute->value.tag != der::kSet) {
                return unreadable_subject();
            }
            der::Reader values(attribute->value.content);
            const auto only = values.next();
            if (!only || !values.at_end()) {
                return unreadable_subject();
            }
            const Outcome taken = take_directory_attribute({attribute->oid, *only});
            if (!taken) {
                return taken.error();
            }
        }
        return whole && list.good() ? done() : Outcome(unreadable_subject());
    }

    Outcome take_directory_attribute(const Attribute& attribute) {
        const auto known =
            std::ranges::find_if(profile_.directory_attributes, [&](const DirectoryAttribute& one) {
                return attribute.oid == der::object_identifier(one.oid);
            });
        if (known == profile_.directory_attributes.end()) {
            return bad_subject("ca.unknown_field", "The profile has no such directory attribute.",
                               "subject");
        }
        if (known->field.empty()) {
            return same_as_fixed(*known, attribute.value)
                       ? done()
                       : Outcome(bad_subject("ca.bad_field",
                                             "An attribute the profile fixes has another value.",
                                             known->oid));
        }
        const auto text = text_of(attribute.value);
        if (!text) {
            return unreadable_subject();
        }
        result_.fields[known->field] = *text;
        return done();
    }

    static bool same_as_fixed(const DirectoryAttribute& known, const der::Element& value) {
        return known.kind == DirectoryAttribute::Kind::ObjectIdentifier
                   ? value.whole == der::object_identifier(known.value)
                   : text_of(value) == known.value;
    }

    const Profile& profile_;
    std::vector<bool> taken_;
    CmpSubject result_;
};

/// The field's value; nothing when the order has none.
const std::string* field_value(const std::map<std::string, std::string>& fields,
                               std::string_view field) {
    const auto found = fields.find(std::string(field));
    return found == fields.end() || found->second.empty() ? nullptr : &found->second;
}

std::string directory_attribute_list(const Profile& profile,
                                     const std::map<std::string, std::string>& fields) {
    using Kind = DirectoryAttribute::Kind;
    std::string list;
    for (const DirectoryAttribute& one : profile.directory_attributes) {
        const std::string* const value =
            one.field.empty() ? nullptr : field_value(fields, one.field);
        const auto oid = der::object_identifier(one.oid);
        if (value == nullptr || !oid || one.kind == Kind::ObjectIdentifier) {
            continue;  // fixed ones, which the CA knows
        }
        const std::uint8_t tag =
            one.kind == Kind::Printable ? der::kPrintableString : der::kUtf8String;
        list += der::sequence({*oid, der::element(der::kSet, {der::element(tag, {*value})})});
    }
    return list;
}

}  // namespace

Result<CmpSubject> read_cmp_subject(const Profile& profile, std::string_view name,
                                    std::string_view extensions) {
    SubjectReader reader(profile);
    const Outcome named = name.empty() ? done() : reader.read_name(name);
    if (!named) {
        return named.error();
    }
    const Outcome extended = extensions.empty() ? done() : reader.read_extensions(extensions);
    if (!extended) {
        return extended.error();
    }
    return reader.take_result();
}

std::string write_cmp_extensions(const Profile& profile,
                                 const std::map<std::string, std::string>& fields) {
    std::string list;
    const std::string* const email = field_value(fields, kEmailField);
    if (email != nullptr) {
        list += extension(kAlternativeNameOid, false,
                          der::sequence({der::element(kEmailName, {*email})}));
    }
    const std::string attributes = directory_attribute_list(profile, fields);
    if (!attributes.empty()) {
        list += extension(kDirectoryAttributesOid, false, der::sequence({attributes}));
    }
    return list.empty() ? std::string() : der::sequence({list});
}

}  // namespace sealdesk::ca
