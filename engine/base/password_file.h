#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "base/secret.h"

namespace sealdesk {

/// The longest password that is read, in bytes; more is the wrong file.
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// The first line of a file that only its owner can read; what held it meanwhile is wiped.
/// Errors (Refused, `where` names the file): password.no_file, password.not_a_file,
/// password.file_open_to_others, password.file_of_another_user, password.empty, password.too_long.
[[nodiscard]] Result<Secret> read_password_file(const std::filesystem::path& file);

/// The next line of a terminal or pipe, byte by byte, so that nothing behind it is taken. Errors:
/// password.empty, password.too_long, with `where` as given.
[[nodiscard]] Result<Secret> read_password_line(const Descriptor& from, const std::string& where);

}  // namespace sealdesk
