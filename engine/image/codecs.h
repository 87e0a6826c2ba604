#pragma once

#include <string>
#include <string_view>

#include "image/image.h"

// What the codecs share; nothing outside this room includes it.
namespace sealdesk::image::codecs {

/// Believable resolutions of a scan; anything else in a header (0, 1, 72,000,000) is noise.
/// 50 dpi: the coarsest fax is 98 dpi; 4,800 dpi: the finest flat-bed optics on the market.
inline constexpr double kDpiLowest = 50.0;
inline constexpr double kDpiHighest = 4'800.0;

/// Inches to other units of resolution.
inline constexpr double kCentimetresPerInch = 2.54;
inline constexpr double kMetresPerInch = 0.0254;

[[nodiscard]] inline Error damaged(std::string detail) {
    return Error{ErrorKind::Invalid, "image.damaged", std::move(detail), {}, {}};
}
[[nodiscard]] inline Error unsupported(std::string detail) {
    return Error{ErrorKind::Invalid, "image.unsupported", std::move(detail), {}, {}};
}

/// A header with the resolution read from the file, if it can be believed.
[[nodiscard]] inline ImageHeader make_header(Format format, int width, int height, double dpi) {
    const bool told = dpi >= kDpiLowest && dpi <= kDpiHighest;
    return ImageHeader{format, width, height, told ? dpi : kDpiDefault, told};
}

/// Refuses a size over the limits (image.too_large) or of nothing (image.damaged).
[[nodiscard]] Outcome check_size(std::int64_t width, std::int64_t height, const Limits& limits);

[[nodiscard]] Result<ImageHeader> probe_png(std::string_view bytes, const Limits& limits);
[[nodiscard]] Result<ImageHeader> probe_jpeg(std::string_view bytes, const Limits& limits);
[[nodiscard]] Result<ImageHeader> probe_tiff(std::string_view bytes, const Limits& limits);

[[nodiscard]] Result<Picture> decode_png(std::string_view bytes, const Limits& limits);
[[nodiscard]] Result<Picture> decode_jpeg(std::string_view bytes, const Limits& limits);
[[nodiscard]] Result<Picture> decode_tiff(std::string_view bytes, int page, const Limits& limits);
[[nodiscard]] Result<int> count_tiff_pages(std::string_view bytes, int most);

}  // namespace sealdesk::image::codecs
