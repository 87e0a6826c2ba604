#pragma once

#include <memory>

#include "base/result.h"
#include "cli/program.h"

namespace CLI {
class FormatterBase;
}

namespace sealdesk::cli {

/// How --help is set: in the language's own words, in lines of at most 80 columns (examples, which
/// are copied, are left as they are).
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> help_formatter(Language language);

}  // namespace sealdesk::cli
