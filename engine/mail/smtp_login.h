#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::mail {

/// The password in a file: its first line. Error: mail.bad_settings (Invalid) when the file is
/// missing, empty, larger than 1 KiB, or readable by others than its owner.
[[nodiscard]] Result<Secret> read_password_file(const std::string& path);

/// "<command> <base64 of user NUL…>CRLF" for AUTH PLAIN (RFC 4616), made in erasing memory.
[[nodiscard]] Secret auth_plain_line(std::string_view user, const Secret& password);

/// "<base64>CRLF", the answer to one prompt of AUTH LOGIN.
[[nodiscard]] Secret auth_login_line(std::string_view answer);

}  // namespace sealdesk::mail
