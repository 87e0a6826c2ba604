#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "slips/layout.h"

namespace sealdesk::bench {

/// The pages of a template, for each slip's field values, drawn by calling cairo and pango
/// directly: what the engine's rendering is compared with. Returns the PDF's size.
/// `recorded`: the fixed part is recorded once and shown, instead of drawn on each page.
[[nodiscard]] std::size_t draw_bare_pages(const slips::Layout& layout,
                                          const std::map<std::string, std::string>* slips,
                                          int count, bool recorded);

}  // namespace sealdesk::bench
