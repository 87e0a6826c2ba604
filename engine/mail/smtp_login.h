#pragma once

#include <string_view>

#include "base/secret.h"

namespace sealdesk::mail {

/// "<command> <base64 of user NUL…>CRLF" for AUTH PLAIN (RFC 4616), made in erasing memory.
[[nodiscard]] Secret auth_plain_line(std::string_view user, const Secret& password);

/// "<base64>CRLF", the answer to one prompt of AUTH LOGIN.
[[nodiscard]] Secret auth_login_line(std::string_view answer);

}  // namespace sealdesk::mail
