#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "image/image.h"

// Pages of scanned files: PDF, TIFF, PNG, JPEG.
namespace sealdesk::scan {

/// How large a file may be before it is refused as a whole: a stack of 500 sheets at 300 dpi is
/// some 250 MB.
struct FileLimits {
    int pages_max = 500;
    std::size_t bytes_max = std::size_t{512} * 1024 * 1024;
    image::Limits page{};  ///< of each page's picture
};

/// One page.
struct PageImage {
    std::string bytes;       ///< PNG, JPEG or TIFF: what is kept as evidence
    image::Picture picture;  ///< the same, decoded
};

/// A scanned file, read page by page, so that memory does not grow with the number of pages.
class PageSource {
public:
    virtual ~PageSource() = default;
    [[nodiscard]] virtual int pages() const = 0;
    /// A page from 1. Errors: of image::decode(), and scan.page_unreadable. A page that cannot be
    /// read does not stop the next one.
    [[nodiscard]] virtual Result<PageImage> read(int page) = 0;
};

/// Opens the bytes of a file, which must outlive the source. A PDF's page that is nothing but a
/// JPEG picture is taken as it is; any other is drawn at its picture's own resolution (300 dpi
/// when it has none) by a process of its own, whose time and memory are bounded. Scripts in a PDF
/// are not run. Errors (Invalid): scan.file_too_large, scan.too_many_pages, scan.encrypted,
/// scan.damaged, and those of image::probe().
[[nodiscard]] Result<std::unique_ptr<PageSource>> open_pages(std::string_view bytes,
                                                             const FileLimits& limits = {});

/// Draws a page (1 = first) of a PDF in a process of its own, so that a PDF made to crash or to
/// stall the drawing library costs a page and no more. Errors: scan.page_unreadable,
/// image.too_large.
[[nodiscard]] Result<image::Picture> draw_page(std::string_view pdf, int page, double dpi,
                                               const image::Limits& limits = {});

/// Whether a file of this name is one that open_pages() reads, by its ending.
[[nodiscard]] bool is_page_file(std::string_view name);

}  // namespace sealdesk::scan
