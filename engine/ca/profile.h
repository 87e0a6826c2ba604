#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sealdesk::ca {

/// How an attribute of a name is written down (RFC 5280 §4.1.2.4).
enum class StringType { Printable, Utf8 };

/// One attribute of a subject name: a fixed value, or a field of the order.
struct NameAttribute {
    std::string oid;  ///< dotted
    StringType type;
    std::string value;        ///< fixed; empty when `field` is given
    std::string field;        ///< name in Order::subject
    bool required = true;     ///< false: left out when the order has no such field
    int characters_max = 64;  ///< RFC 5280 appendix A (ub-organization-name and others)
};

/// Extensions of a certificate, in the order in which the profile lists them.
enum class ExtensionKind {
    AuthorityKey,  ///< keyIdentifier only
    SubjectKey,
    KeyUsage,          ///< critical
    BasicConstraints,  ///< critical; of a CA only
    Policies,
    AlternativeName,  ///< rfc822Name, when the order has an e-mail address (M 3.1.11)
    ExtendedUsage,
    DirectoryAttributes,  ///< subjectDirectoryAttributes (RFC 5280 §4.2.1.8)
    CrlPoints,            ///< one DistributionPoint per address
    AuthorityInfo,        ///< caIssuers, then OCSP
    OcspNoCheck,          ///< of an OCSP responder: nobody asks about it (RFC 6960 §4.2.2.2.1)
};

/// Bits of keyUsage (RFC 5280 §4.2.1.3), by their number.
enum class KeyUsage : std::uint8_t {
    DigitalSignature = 0,
    NonRepudiation = 1,
    KeyEncipherment = 2,
    DataEncipherment = 3,
    KeyAgreement = 4,
    KeyCertSign = 5,
    CrlSign = 6,
};

/// One attribute of subjectDirectoryAttributes: an OBJECT IDENTIFIER or a text.
struct DirectoryAttribute {
    enum class Kind { ObjectIdentifier, Printable, Utf8 };
    std::string oid;
    Kind kind;
    std::string value;  ///< fixed; empty when `field` is given
    std::string field;  ///< name in Order::subject; left out when the order has none
};

/// Calendar length of validity; the end falls on the same second (30 days into February: its last
/// day).
struct Validity {
    int years = 0;
    int months = 0;
    int days = 0;
};

/// What a kind of certificate looks like, exactly.
struct Profile {
    std::string name;
    Validity validity;
    int rsa_bits_min = 2048;
    int rsa_bits_max = 4096;
    bool elliptic_keys = false;  ///< P-256 allowed as well
    std::vector<KeyUsage> key_usage;
    std::vector<std::string> extended_usage;  ///< OIDs
    std::vector<std::string> policies;        ///< OIDs, without qualifiers (M 7)
    std::vector<NameAttribute> subject;
    std::vector<DirectoryAttribute> directory_attributes;
    std::vector<ExtensionKind> extensions;
    bool certifies = false;  ///< of a CA: basicConstraints CA, path length 0
};

/// Where relying parties find things; the same for all profiles of one CA.
struct Publication {
    std::string ca_issuers;        ///< http URL of the CA's certificate; may be empty
    std::string ocsp;              ///< http URL; may be empty
    std::vector<std::string> crl;  ///< http URLs of the complete CRL
    int crl_partitions = 0;        ///< of the CRL, by serial number; 0: none
    std::string crl_partition{};   ///< http URL of one, with kPartitionPlace for its number
    std::string delta_crl{};       ///< http URL; empty: no delta CRLs are issued
    bool crl_at_once = false;      ///< upon each revocation, hold and release, not only daily
};

/// Stands in Publication::crl_partition for the number of the partition.
inline constexpr std::string_view kPartitionPlace = "{number}";

/// The CA's own name and profiles, as read from a scheme's profiles.yaml.
struct Profiles {
    std::vector<NameAttribute> authority_name;
    Publication publication;
    std::vector<Profile> profiles;
    /// What the forms call a kind of certificate, and the profiles it consists of: a card carries
    /// one certificate to sign and one to encrypt (C 8.2).
    std::map<std::string, std::vector<std::string>> products;

    [[nodiscard]] const Profile* find(std::string_view name) const;
};

/// The profile of the CA's own certificate: 20 years (M 4.7, 6.3.2.1), keyCertSign and cRLSign,
/// path length 0.
[[nodiscard]] Profile authority_profile(const Profiles& profiles);

/// The last second of validity, inclusive.
[[nodiscard]] Instant end_of_validity(Instant not_before, const Validity& validity);

}  // namespace sealdesk::ca
