#pragma once

#include <filesystem>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::cli {

/// A passphrase of 100 random bits in a file of its own (mode 0600), and in memory for the key that
/// is made now.
Secret make_passphrase(const std::filesystem::path& file, Random& random);

/// The one in the file, made when there is none. Errors: those of read_password().
[[nodiscard]] Result<Secret> own_passphrase(const std::filesystem::path& file, Random& random);

}  // namespace sealdesk::cli
