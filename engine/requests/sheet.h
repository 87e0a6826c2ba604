#pragma once

#include <string>
#include <string_view>

#include "requests/office.h"

namespace sealdesk::requests {

/// 審驗表: all an examiner looks at on one page, as one self-contained HTML file (no scripts, no
/// network, pictures inside): fields with both labels, findings, the documents checklist, each
/// check with its points, each seal's impression and specimen with the comparison picture and its
/// figures, and what was decided. Seal pictures carry the request's number across them, because a
/// clean picture of a seal is nearly the seal itself (notes: a die re-made from a scan cannot be
/// told from the genuine one). Refused: request.not_found.
[[nodiscard]] Result<std::string> request_sheet(const Office& office, std::string_view number);

}  // namespace sealdesk::requests
