#pragma once

#include <memory>

#include "scan/pages.h"

// Inside this room only.
namespace sealdesk::scan {

[[nodiscard]] Result<std::unique_ptr<PageSource>> open_pdf(std::string_view bytes,
                                                           const FileLimits& limits);

/// Draws a page (1 = first) in a process of its own, so that a PDF made to crash or to stall the
/// drawing library costs a page and no more. Errors: scan.page_unreadable, image.too_large.
[[nodiscard]] Result<image::Picture> draw_pdf_page(std::string_view pdf, int page, double dpi,
                                                   const image::Limits& limits);

}  // namespace sealdesk::scan
