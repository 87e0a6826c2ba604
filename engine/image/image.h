#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealdesk::image {

/// Dots per inch of a scan whose file does not say: forms are scanned at 300 dpi (the working
/// resolution of the seal benchmark; 24 bit colour, 300 dpi is the usual office-scanner setting).
inline constexpr double kDpiDefault = 300.0;

/// A picture as the engine works with it: 8 bit RGB, rows from the top, no padding.
struct Picture {
    int width = 0;                  ///< px
    int height = 0;                 ///< px
    std::vector<std::uint8_t> rgb;  ///< width * height * 3 bytes: red, green, blue
    double dpi = kDpiDefault;       ///< dots per inch; kDpiDefault when the file does not say
};

enum class Format { Png, Jpeg, Tiff };

/// What the header of an image file says, read without decoding any pixel.
struct ImageHeader {
    Format format;
    int width;         ///< px
    int height;        ///< px
    double dpi;        ///< dots per inch; kDpiDefault when the file does not say
    bool dpi_is_told;  ///< false when dpi is the default
};

/// How large a file may be before it is refused. A4 at 600 dpi is 4,961 x 7,016 px = 34.8
/// megapixels, the largest scan a form needs; A3 at 600 dpi is 9,921 px on its long side.
struct Limits {
    int side_max = 12'000;                                    ///< px
    std::int64_t pixels_max = 40'000'000;                     ///< width * height
    std::int64_t bytes_max = std::int64_t{32} * 1024 * 1024;  ///< of the encoded file
};

/// Reads format, size and resolution from the header of a PNG, JPEG or TIFF (its first page),
/// and refuses what `decode` would refuse by its size; no pixel memory is allocated.
/// Errors: image.not_an_image, image.too_large, image.damaged, image.unsupported (all Invalid).
[[nodiscard]] Result<ImageHeader> probe(std::string_view bytes, const Limits& limits = {});

/// Decodes a PNG, JPEG or TIFF (first page) to RGB. Gray, palette, 1 bit, 16 bit and CMYK images
/// are converted; transparent pixels are laid on white paper; of an animated PNG the still
/// picture is read; EXIF orientation is ignored, because a seal comparison tries every rotation.
/// A file that ends early or whose checksums are wrong is refused, never half read.
/// Errors as of `probe`.
[[nodiscard]] Result<Picture> decode(std::string_view bytes, const Limits& limits = {});

/// How many pictures a file has: pages of a TIFF (counted up to `most` + 1), 1 of a PNG or JPEG.
/// Errors as of `probe`.
[[nodiscard]] Result<int> count_pages(std::string_view bytes, int most, const Limits& limits = {});

/// As `decode`, of one page (1 = first). image.damaged when there is no such page.
[[nodiscard]] Result<Picture> decode_page(std::string_view bytes, int page,
                                          const Limits& limits = {});

/// The picture as a PNG file (8 bit RGB, with its resolution). Throws Failure (image.encoding)
/// when libpng refuses, which for a well-formed picture means no memory.
[[nodiscard]] std::string encode_png(const Picture& picture);

/// "PNG", "JPEG" or "TIFF".
[[nodiscard]] std::string_view name_of(Format format);

}  // namespace sealdesk::image
