#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace sealdesk::jobs {

/// A whole HTML page, Chinese first: dark text on white, fit for the printer; no script, and
/// nothing that is loaded from elsewhere. `body` is HTML.
[[nodiscard]] std::string page_of(const Bilingual& title, std::string_view body);

}  // namespace sealdesk::jobs
