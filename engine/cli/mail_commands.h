#pragma once

#include <CLI/CLI.hpp>

#include "cli/program.h"

namespace sealdesk::cli {

/// `mail check`: what mails say, tried out with sample values.
void add_mail_check(CLI::App& mail_command, Program& program);

}  // namespace sealdesk::cli
