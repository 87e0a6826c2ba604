#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ca/profile.h"

/// Between the names and extensions of a certificate request and the fields of an Order.
namespace sealdesk::ca {

struct CmpSubject {
    std::map<std::string, std::string> fields;  ///< Order::subject
    bool is_modified = false;  ///< other extensions were wished for; the profile knows better
};

/// Reads a DER Name and DER Extensions (either may be empty) by the profile: an attribute is known
/// by its OID, a fixed one must have the profile's value; rfc822Name and the profile's directory
/// attributes are fields, too. Errors (Invalid): ca.unknown_field (an attribute the profile has
/// not), ca.bad_field (a fixed one with another value, a value that is no text, another kind of
/// alternative name).
[[nodiscard]] Result<CmpSubject> read_cmp_subject(const Profile& profile, std::string_view name,
                                                  std::string_view extensions);

/// The way back: DER Extensions that carry what the name does not; empty when there is nothing.
[[nodiscard]] std::string write_cmp_extensions(const Profile& profile,
                                               const std::map<std::string, std::string>& fields);

}  // namespace sealdesk::ca
