#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealdesk::ca {

/// RSA keys whose private halves are known to others: those of Debian's OpenSSL of 2006 to 2008
/// (CVE-2008-0166), keys that software was shipped with. Ten bytes of memory a key.
class WeakKeyList {
public:
    /// Reads each file blacklist.RSA-* of the folder, in the format of Debian's former package
    /// openssl-blacklist: a line a key, the last 20 hexadecimal digits of what `openssl rsa -noout
    /// -modulus | sha1sum` prints; empty lines and those with # say nothing. Errors (Invalid):
    /// ca.no_key_list (there is none of these files), ca.bad_key_list (a line is none, with its
    /// place).
    [[nodiscard]] static Result<WeakKeyList> read(const std::filesystem::path& folder);

    /// `modulus`: big-endian without leading zeros.
    [[nodiscard]] bool has(std::string_view modulus) const;

private:
    using Mark = std::array<unsigned char, 10>;
    [[nodiscard]] Outcome add_file(const std::filesystem::path& file);
    std::vector<Mark> marks_;  ///< sorted
};

}  // namespace sealdesk::ca
