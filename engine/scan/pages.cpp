#include "scan/pages.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "scan/pdf_pages.h"

namespace sealdesk::scan {
namespace {

constexpr std::string_view kPdfStart = "%PDF-";
/// Readers accept a PDF whose first line is not quite the first (ISO 32000-2, annex J.5).
constexpr std::size_t kPdfStartWithin = 1024;

/// A PNG, JPEG or TIFF.
class ImagePages final : public PageSource {
public:
    ImagePages(std::string_view bytes, int pages, const image::Limits& limits)
        : bytes_(bytes), pages_(pages), limits_(limits) {}

    int pages() const override { return pages_; }

    Result<PageImage> read(int page) override {
        auto picture = image::decode_page(bytes_, page, limits_);
        if (!picture) {
            return picture.error();
        }
        // One page of many becomes a file of its own: each applicant's page is kept apart.
        std::string bytes = pages_ == 1 ? std::string(bytes_) : image::encode_png(*picture);
        return PageImage{std::move(bytes), std::move(*picture)};
    }

private:
    std::string_view bytes_;
    int pages_;
    image::Limits limits_;
};

Error too_many(int most) {
    return {ErrorKind::Invalid,
            "scan.too_many_pages",
            "The file has more than " + std::to_string(most) + " pages; split it.",
            {},
            {}};
}

Result<std::unique_ptr<PageSource>> open_image(std::string_view bytes, const FileLimits& limits) {
    image::Limits page = limits.page;
    page.bytes_max = std::int64_t(limits.bytes_max);
    const auto header = image::probe(bytes, page);
    if (!header) {
        return header.error();
    }
    const auto pages = image::count_pages(bytes, limits.pages_max, page);
    if (!pages) {
        return pages.error();
    }
    if (*pages > limits.pages_max) {
        return too_many(limits.pages_max);
    }
    return std::unique_ptr<PageSource>(std::make_unique<ImagePages>(bytes, *pages, page));
}

}  // namespace

Result<std::unique_ptr<PageSource>> open_pages(std::string_view bytes, const FileLimits& limits) {
    if (bytes.size() > limits.bytes_max) {
        return Error{ErrorKind::Invalid,
                     "scan.file_too_large",
                     "The file has " + std::to_string(bytes.size()) + " bytes, more than " +
                         std::to_string(limits.bytes_max) + "; split it.",
                     {},
                     {}};
    }
    if (bytes.substr(0, kPdfStartWithin).find(kPdfStart) != std::string_view::npos) {
        return open_pdf(bytes, limits);
    }
    return open_image(bytes, limits);
}

bool is_page_file(std::string_view name) {
    constexpr std::array<std::string_view, 6> endings{".pdf", ".tif",  ".tiff",
                                                      ".png", ".jpeg", ".jpg"};
    const std::string lower = to_lower_ascii(name);
    return std::ranges::any_of(endings,
                               [&](std::string_view ending) { return lower.ends_with(ending); });
}

}  // namespace sealdesk::scan
