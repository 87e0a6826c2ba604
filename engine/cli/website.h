#pragma once

#include <string>

#include "cli/desk.h"
#include "subscribers/account.h"

// What commands that stand for the subscriber website share.
namespace sealdesk::cli {

/// How many wrong passwords the account's scheme allows (T 4.1.2). Error: account.unknown.
[[nodiscard]] Result<int> strikes_for(Desk& desk, const std::string& account);

/// What a login came to; the exit status says refused unless it was let in.
void print_login(Program& program, const std::string& account, subscribers::Login login);

}  // namespace sealdesk::cli
