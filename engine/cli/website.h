#pragma once

#include <string>

#include "cli/program.h"
#include "subscribers/account.h"

// What commands that stand for the subscriber website share.
namespace sealdesk::cli {

/// What a login came to; the exit status says refused unless it was let in.
void print_login(Program& program, const std::string& account, subscribers::Login login);

}  // namespace sealdesk::cli
