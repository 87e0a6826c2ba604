#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ca/key_check.h"
#include "ca/profile.h"

namespace sealdesk::ca {

/// Whose name and key stand above a certificate.
struct Issuer {
    std::string name;    ///< DER Name
    std::string key_id;  ///< 20 bytes, as in its subjectKeyIdentifier
};

/// Everything a certificate says.
struct Statement {
    const Profile& profile;
    const Publication& publication;
    const Issuer& issuer;
    const SubjectKey& key;
    const std::map<std::string, std::string>& subject;  ///< fields the RA approved
    std::string serial;                                 ///< 16 octets
    Instant not_before;
    Instant not_after;
};

/// Field name of the e-mail address that becomes the alternative name.
inline constexpr std::string_view kEmailField = "email";

/// Checks the fields against the profile. Errors (Invalid, `where` = field): ca.unknown_field,
/// ca.missing_field, ca.bad_field (characters the string type cannot hold, too long, not UTF-8,
/// control characters, blanks at the ends, an e-mail address that is none in ASCII).
[[nodiscard]] Outcome check_subject(const Profile& profile,
                                    const std::map<std::string, std::string>& subject);

/// DER Name of checked fields.
[[nodiscard]] std::string name_of(const std::vector<NameAttribute>& attributes,
                                  const std::map<std::string, std::string>& subject);

/// DER TBSCertificate (RFC 5280 §4.1), version 3, sha256WithRSAEncryption.
[[nodiscard]] std::string to_be_signed(const Statement& statement);

/// DER Certificate or CertificateList: the signed bytes, the algorithm, the signature.
[[nodiscard]] std::string with_signature(std::string_view tbs, std::string_view signature);

/// AlgorithmIdentifier sha256WithRSAEncryption with NULL parameters (RFC 4055 §5).
[[nodiscard]] std::string_view signature_algorithm();

/// DER Extension.
[[nodiscard]] std::string extension(std::string_view oid, bool critical, std::string_view value);

/// DER DistributionPointName: one full name (RFC 5280 §4.2.1.13).
[[nodiscard]] std::string crl_point_name(std::string_view address);

/// DER CRLDistributionPoints, one point an address; empty without any.
[[nodiscard]] std::string crl_points_value(const std::vector<std::string>& addresses);

/// DER AuthorityKeyIdentifier with the keyIdentifier only.
[[nodiscard]] std::string authority_key_value(std::string_view key_id);

}  // namespace sealdesk::ca
