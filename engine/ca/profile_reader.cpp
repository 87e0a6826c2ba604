#include "ca/profile_reader.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/der.h"
#include "scheme/yaml_document.h"

namespace sealdesk::ca {
namespace {

using nlohmann::json;
using scheme::YamlDocument;

template <class T>
struct Named {
    std::string_view name;
    T value;
};

constexpr std::array<Named<KeyUsage>, 5> kUsageNames{{
    {"digital_signature", KeyUsage::DigitalSignature},
    {"non_repudiation", KeyUsage::NonRepudiation},
    {"key_encipherment", KeyUsage::KeyEncipherment},
    {"data_encipherment", KeyUsage::DataEncipherment},
    {"key_agreement", KeyUsage::KeyAgreement},
}};

// basic_constraints is left out: subscribers' certificates never carry it (M 7).
constexpr std::array<Named<ExtensionKind>, 10> kExtensionNames{{
    {"authority_key", ExtensionKind::AuthorityKey},
    {"subject_key", ExtensionKind::SubjectKey},
    {"key_usage", ExtensionKind::KeyUsage},
    {"policies", ExtensionKind::Policies},
    {"alternative_name", ExtensionKind::AlternativeName},
    {"extended_usage", ExtensionKind::ExtendedUsage},
    {"directory_attributes", ExtensionKind::DirectoryAttributes},
    {"crl_points", ExtensionKind::CrlPoints},
    {"authority_info", ExtensionKind::AuthorityInfo},
    {"ocsp_no_check", ExtensionKind::OcspNoCheck},
}};

struct AttributeType {
    std::string_view name;
    std::string_view oid;
    int characters_max;  ///< RFC 5280 appendix A.1, upper bounds
};

constexpr std::array<AttributeType, 8> kAttributeTypes{{
    {"country", "2.5.4.6", 2},
    {"state", "2.5.4.8", 128},
    {"locality", "2.5.4.7", 128},
    {"organization", "2.5.4.10", 64},
    {"organizational_unit", "2.5.4.11", 64},
    {"common_name", "2.5.4.3", 64},
    {"serial_number", "2.5.4.5", 64},
    {"title", "2.5.4.12", 64},
}};

template <class T, std::size_t N>
const T* find_named(const std::array<Named<T>, N>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name, &Named<T>::name);
    return found == names.end() ? nullptr : &found->value;
}

Error bad_profile(const YamlDocument& document, const std::string& pointer, std::string code,
                  std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), document.where(pointer), {}};
}

Error unknown_name(const YamlDocument& document, const std::string& pointer,
                   const std::string& name) {
    return bad_profile(document, pointer, "profile.unknown_name",
                       "The engine does not know \"" + name + "\".");
}

std::string text_of(const json& object, const char* name) {
    return object.contains(name) ? object[name].get<std::string>() : std::string();
}

std::vector<std::string> texts_of(const json& object, const char* name) {
    return object.contains(name) ? object[name].get<std::vector<std::string>>()
                                 : std::vector<std::string>();
}

Publication read_publication(const json& given) {
    Publication publication;
    publication.ca_issuers = text_of(given, "ca_issuers");
    publication.ocsp = text_of(given, "ocsp");
    publication.crl = texts_of(given, "crl");
    if (given.contains("crl_partitions")) {
        publication.crl_partitions = given["crl_partitions"]["count"].get<int>();
        publication.crl_partition = text_of(given["crl_partitions"], "url");
    }
    publication.delta_crl = text_of(given, "delta_crl");
    publication.crl_at_once = given.value("crl_at_once", false);
    return publication;
}

/// Reads one file; the pieces in the order of the file. Shape and types were checked before.
class ProfileReader {
public:
    explicit ProfileReader(const YamlDocument& document) : document_(document) {}

    Result<Profiles> read() {
        const json& root = document_.content;
        Profiles profiles;
        auto name = read_name(root["authority"]["name"], "/authority/name");
        if (!name) {
            return name.error();
        }
        profiles.authority_name = std::move(name).value();
        profiles.publication = read_publication(root["publication"]);
        for (std::size_t i = 0; i < root["profiles"].size(); ++i) {
            const std::string pointer = "/profiles/" + std::to_string(i);
            auto profile = read_profile(root["profiles"][i], pointer);
            if (!profile) {
                return profile.error();
            }
            if (profiles.find(profile->name) != nullptr) {
                return bad_profile(document_, pointer + "/name", "profile.repeated",
                                   "There are two profiles of this name.");
            }
            profiles.profiles.push_back(std::move(profile).value());
        }
        const Outcome products = read_products(root["products"], profiles);
        if (!products) {
            return products.error();
        }
        return profiles;
    }

private:
    Outcome read_products(const json& products, Profiles& profiles) {
        for (const auto& [product, names] : products.items()) {
            for (const json& name : names) {
                const std::string text = name.get<std::string>();
                if (profiles.find(text) == nullptr) {
                    return unknown_name(document_, "/products/" + scheme::pointer_part(product),
                                        text);
                }
                profiles.products[product].push_back(text);
            }
        }
        return done();
    }

    Result<std::vector<NameAttribute>> read_name(const json& list, const std::string& pointer) {
        std::vector<NameAttribute> name;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const json& item = list[i];
            const auto wanted = text_of(item, "attribute");
            const auto type = std::ranges::find(kAttributeTypes, wanted, &AttributeType::name);
            if (type == kAttributeTypes.end()) {
                return unknown_name(document_, pointer + "/" + std::to_string(i), wanted);
            }
            name.push_back(
                {std::string(type->oid),
                 item["string"] == "printable" ? StringType::Printable : StringType::Utf8,
                 text_of(item, "value"), text_of(item, "field"), !item.value("optional", false),
                 type->characters_max});
        }
        return name;
    }

    static std::vector<DirectoryAttribute> read_directory_attributes(const json& item) {
        using Kind = DirectoryAttribute::Kind;
        std::vector<DirectoryAttribute> attributes;
        for (const json& one : item.value("directory_attributes", json::array())) {
            const std::string type = text_of(one, "type");
            attributes.push_back({text_of(one, "oid"),
                                  type == "oid"         ? Kind::ObjectIdentifier
                                  : type == "printable" ? Kind::Printable
                                                        : Kind::Utf8,
                                  text_of(one, "value"), text_of(one, "field")});
        }
        return attributes;
    }

    Result<Profile> read_profile(const json& item, const std::string& pointer) {
        Profile profile;
        profile.name = text_of(item, "name");
        const json& validity = item["validity"];
        profile.validity = {validity.value("years", 0), validity.value("months", 0),
                            validity.value("days", 0)};
        if (item.contains("rsa_bits")) {
            profile.rsa_bits_min = item["rsa_bits"][0];
            profile.rsa_bits_max = item["rsa_bits"][1];
        }
        profile.elliptic_keys = item.value("elliptic_keys", false);
        for (const std::string& usage : texts_of(item, "key_usage")) {
            profile.key_usage.push_back(*find_named(kUsageNames, usage));
        }
        profile.extended_usage = texts_of(item, "extended_usage");
        profile.policies = texts_of(item, "policies");
        profile.directory_attributes = read_directory_attributes(item);
        auto subject = read_name(item["subject"], pointer + "/subject");
        if (!subject) {
            return subject.error();
        }
        profile.subject = std::move(subject).value();
        for (const std::string& name : texts_of(item, "extensions")) {
            const ExtensionKind* const kind = find_named(kExtensionNames, name);
            if (kind == nullptr) {
                return unknown_name(document_, pointer + "/extensions", name);
            }
            profile.extensions.push_back(*kind);
        }
        const Outcome sound = check(profile, pointer);
        if (!sound) {
            return sound.error();
        }
        return profile;
    }

    Outcome check(const Profile& profile, const std::string& pointer) {
        if (profile.validity.years + profile.validity.months + profile.validity.days == 0) {
            return bad_profile(document_, pointer + "/validity", "profile.no_validity",
                               "A certificate must be valid for some time.");
        }
        const auto lists = [&](ExtensionKind kind) {
            return std::ranges::find(profile.extensions, kind) != profile.extensions.end();
        };
        using enum ExtensionKind;
        const bool complete = lists(AuthorityKey) && lists(SubjectKey) &&
                              lists(ExtensionKind::KeyUsage) &&
                              lists(Policies) == !profile.policies.empty() &&
                              lists(ExtendedUsage) == !profile.extended_usage.empty() &&
                              lists(DirectoryAttributes) == !profile.directory_attributes.empty();
        if (!complete) {
            return bad_profile(document_, pointer + "/extensions", "profile.missing_extension",
                               "The extensions authority_key, subject_key and key_usage, and those "
                               "of policies, extended_usage and directory_attributes when and only "
                               "when these are given, must be listed.");
        }
        return check_values(profile, pointer);
    }

    /// Fixed values must be writable as their string type says; OIDs must be OIDs.
    Outcome check_values(const Profile& profile, const std::string& pointer) {
        const auto all_oids = [](std::span<const std::string> list) {
            return std::ranges::all_of(list, [](const std::string& one) {
                return crypto::der::object_identifier(one).has_value();
            });
        };
        bool sound = all_oids(profile.policies) && all_oids(profile.extended_usage);
        for (const DirectoryAttribute& attribute : profile.directory_attributes) {
            const bool is_oid = attribute.kind == DirectoryAttribute::Kind::ObjectIdentifier;
            sound = sound && all_oids({&attribute.oid, 1}) &&
                    (!is_oid || attribute.value.empty() || all_oids({&attribute.value, 1}));
        }
        if (!sound) {
            return bad_profile(document_, pointer, "profile.unknown_name",
                               "An object identifier of this profile is none.");
        }
        return done();
    }

    const YamlDocument& document_;
};

}  // namespace

Result<Profiles> read_profiles(const std::filesystem::path& file,
                               const std::filesystem::path& schema) {
    const auto document = scheme::read_yaml(file);
    if (!document) {
        return document.error();
    }
    const Outcome shape = scheme::check_shape(*document, schema);
    if (!shape) {
        return shape.error();
    }
    return ProfileReader(*document).read();
}

}  // namespace sealdesk::ca
