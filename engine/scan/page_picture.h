#pragma once

#include <string>

#include "image/image.h"
#include "scan/page_store.h"

namespace sealdesk::scan {

/// The page upright, with everything that was read from it drawn in: check-boxes green when ticked,
/// grey when empty, orange when unsure; seals and copies blue, red when doubtful. A PNG of at most
/// 1,600 px in height, for a person who must decide.
[[nodiscard]] std::string draw_reading(const image::Picture& page, const KeptReading& reading);

}  // namespace sealdesk::scan
