#pragma once

#include <string>
#include <string_view>

#include "cli/program.h"

namespace sealdesk::cli {

/// What a person reads for a code of the program (a state, a delivery, a role): Chinese when the
/// program speaks it and knows the word, else the code. --json shows codes.
[[nodiscard]] std::string shown(const Program& program, std::string_view code);

/// The same for a list of codes that `separator` parts.
[[nodiscard]] std::string shown_list(const Program& program, std::string_view codes,
                                     char separator);

}  // namespace sealdesk::cli
