#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/secret_shares.h"

namespace sealdesk::ca {

/// What stands in clear above a share, so that people know what they hold. Nothing is decided by
/// it.
struct ShareLabel {
    std::string authority;  ///< subject of the CA
    std::string holder;
};

/// Writes a share, encrypted under its holder's passphrase, to a new file of mode 0600. Error
/// (Refused) share.file_exists.
[[nodiscard]] Outcome write_share_file(const std::filesystem::path& file,
                                       const crypto::Share& share, const ShareLabel& label,
                                       const Secret& passphrase, int iterations);

/// Opens one. Errors (Invalid, `where` is the file): share.not_a_share, share.wrong_passphrase,
/// share.damaged. Throws Failure when the file cannot be read.
[[nodiscard]] Result<crypto::Share> read_share_file(const std::filesystem::path& file,
                                                    const Secret& passphrase);

}  // namespace sealdesk::ca
