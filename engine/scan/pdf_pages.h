#pragma once

#include <memory>

#include "scan/pages.h"

// Inside this room only.
namespace sealdesk::scan {

[[nodiscard]] Result<std::unique_ptr<PageSource>> open_pdf(std::string_view bytes,
                                                           const FileLimits& limits);

}  // namespace sealdesk::scan
