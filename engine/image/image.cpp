#include "image/image.h"

#include <array>
#include <optional>

#include "image/codecs.h"

namespace sealdesk::image {

namespace {

struct Signature {
    std::string_view bytes;
    Format format;
};

// PNG: ISO 15948 §5.2. JPEG: SOI and the next marker. TIFF: both byte orders, then BigTIFF.
constexpr std::array<Signature, 6> kSignatures{{
    {std::string_view("\x89PNG\r\n\x1a\n", 8), Format::Png},
    {std::string_view("\xff\xd8\xff", 3), Format::Jpeg},
    {std::string_view("II*\0", 4), Format::Tiff},
    {std::string_view("MM\0*", 4), Format::Tiff},
    {std::string_view("II+\0", 4), Format::Tiff},
    {std::string_view("MM\0+", 4), Format::Tiff},
}};

struct Stranger {
    std::string_view bytes;
    std::string_view name;
};

// Files that people mistake for scans: naming them saves the clerk a call.
constexpr std::array<Stranger, 6> kStrangers{{
    {"%PDF", "a PDF"},
    {"GIF8", "a GIF"},
    {"BM", "a BMP"},
    {"RIFF", "a WebP or another RIFF file"},
    {"PK\x03\x04", "a ZIP or Office file"},
    {"<", "a web page or an SVG"},
}};

std::optional<Format> recognise(std::string_view bytes) {
    for (const Signature& signature : kSignatures) {
        if (bytes.starts_with(signature.bytes)) {
            return signature.format;
        }
    }
    return std::nullopt;
}

Error not_an_image(std::string_view bytes) {
    std::string detail = "the file is not a PNG, JPEG or TIFF image; scan the page again as one";
    if (bytes.empty()) {
        detail = "the file is empty; scan the page again";
    }
    for (const Stranger& stranger : kStrangers) {
        if (bytes.starts_with(stranger.bytes)) {
            detail =
                "the file is " + std::string(stranger.name) + "; scans are PNG, JPEG or TIFF files";
            break;
        }
    }
    return Error{ErrorKind::Invalid, "image.not_an_image", std::move(detail), {}, {}};
}

// Format of a file of acceptable length.
Result<Format> recognise_within(std::string_view bytes, const Limits& limits) {
    const std::optional<Format> format = recognise(bytes);
    if (!format) {
        return not_an_image(bytes);
    }
    if (static_cast<std::int64_t>(bytes.size()) > limits.bytes_max) {
        return Error{ErrorKind::Invalid,
                     "image.too_large",
                     "the file has " + std::to_string(bytes.size()) + " bytes, more than " +
                         std::to_string(limits.bytes_max) + "; scan at 300 dpi",
                     {},
                     {}};
    }
    return *format;
}

}  // namespace

Outcome codecs::check_size(std::int64_t width, std::int64_t height, const Limits& limits) {
    if (width <= 0 || height <= 0) {
        return damaged("the image has no pixels");
    }
    // The sides are compared first, so that the product cannot overflow.
    if (width > limits.side_max || height > limits.side_max || width * height > limits.pixels_max) {
        return Error{ErrorKind::Invalid,
                     "image.too_large",
                     "the image has " + std::to_string(width) + " x " + std::to_string(height) +
                         " pixels; at most " + std::to_string(limits.side_max) + " on a side and " +
                         std::to_string(limits.pixels_max) + " in all; scan at 300 dpi",
                     {},
                     {}};
    }
    return done();
}

Result<ImageHeader> probe(std::string_view bytes, const Limits& limits) {
    const Result<Format> format = recognise_within(bytes, limits);
    if (!format) {
        return format.error();
    }
    switch (*format) {
        case Format::Png: return codecs::probe_png(bytes, limits);
        case Format::Jpeg: return codecs::probe_jpeg(bytes, limits);
        case Format::Tiff: return codecs::probe_tiff(bytes, limits);
    }
    check_failed("an image format has a decoder", __FILE__, __LINE__);
}

Result<int> count_pages(std::string_view bytes, int most, const Limits& limits) {
    const Result<Format> format = recognise_within(bytes, limits);
    if (!format) {
        return format.error();
    }
    return *format == Format::Tiff ? codecs::count_tiff_pages(bytes, most) : 1;
}

Result<Picture> decode(std::string_view bytes, const Limits& limits) {
    return decode_page(bytes, 1, limits);
}

Result<Picture> decode_page(std::string_view bytes, int page, const Limits& limits) {
    const Result<Format> format = recognise_within(bytes, limits);
    if (!format) {
        return format.error();
    }
    if (page != 1 && *format != Format::Tiff) {
        return codecs::damaged("the picture has one page only");
    }
    switch (*format) {
        case Format::Png: return codecs::decode_png(bytes, limits);
        case Format::Jpeg: return codecs::decode_jpeg(bytes, limits);
        case Format::Tiff: return codecs::decode_tiff(bytes, page, limits);
    }
    check_failed("an image format has a decoder", __FILE__, __LINE__);
}

std::string_view name_of(Format format) {
    switch (format) {
        case Format::Png: return "PNG";
        case Format::Jpeg: return "JPEG";
        case Format::Tiff: return "TIFF";
    }
    check_failed("an image format has a decoder", __FILE__, __LINE__);
}

}  // namespace sealdesk::image
