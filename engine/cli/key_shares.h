#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/program.h"
#include "crypto/secret_shares.h"

namespace sealdesk::cli {

/// The shares of a CA's key that were brought along: each is opened once, however many CAs ask.
class KeyShares {
public:
    std::vector<std::string> files;             ///< --share
    std::vector<std::string> passphrase_files;  ///< --share-passphrase, in the same order

    /// Opens those that are not open yet; whose passphrase is in no file, its holder types it.
    /// Errors: share.passphrase_too_many (Invalid), those of read_password() and
    /// ca::read_share_file().
    [[nodiscard]] Outcome unlock(const Program& program);
    [[nodiscard]] std::span<const crypto::Share> opened() const { return opened_; }

private:
    std::vector<crypto::Share> opened_;
};

/// --share and --share-passphrase, for a command that may open a CA.
void add_share_options(CLI::App& command, Program& program);

}  // namespace sealdesk::cli
