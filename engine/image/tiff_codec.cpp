#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <tiffio.h>

#include "base/handle.h"
#include "image/codecs.h"

namespace sealdesk::image::codecs {

namespace {

// libtiff's own allocations, bytes each: a strip of the largest picture we accept in 16 bit RGBA
// is 320 MB; what asks for more is a lie in the directory.
constexpr tmsize_t kTiffAllocationMax = tmsize_t{320} * 1024 * 1024;

// A TIFF in memory, as libtiff's callbacks see it, and the first complaint about it.
struct TiffMemory {
    std::string_view bytes;
    std::uint64_t at = 0;
    std::array<char, 160> complaint{};

    static TiffMemory& of(thandle_t handle) { return *static_cast<TiffMemory*>(handle); }
};

tmsize_t tiff_read(thandle_t handle, void* out, tmsize_t count) {
    TiffMemory& memory = TiffMemory::of(handle);
    if (count <= 0 || memory.at >= memory.bytes.size()) {
        return 0;
    }
    const auto left = static_cast<tmsize_t>(memory.bytes.size() - memory.at);
    const tmsize_t taken = std::min(count, left);
    std::memcpy(out, memory.bytes.data() + memory.at, static_cast<std::size_t>(taken));
    memory.at += static_cast<std::uint64_t>(taken);
    return taken;
}

tmsize_t tiff_write(thandle_t /*handle*/, void* /*data*/, tmsize_t /*count*/) { return 0; }

toff_t tiff_seek(thandle_t handle, toff_t offset, int whence) {
    TiffMemory& memory = TiffMemory::of(handle);
    switch (whence) {
        case SEEK_CUR: memory.at += offset; break;
        case SEEK_END: memory.at = memory.bytes.size() + offset; break;
        default: memory.at = offset; break;
    }
    return memory.at;
}

int tiff_close(thandle_t /*handle*/) { return 0; }
toff_t tiff_size(thandle_t handle) { return TiffMemory::of(handle).bytes.size(); }

// Never mapped: libtiff then reads only what it has checked.
int tiff_map(thandle_t /*handle*/, void** /*base*/, toff_t* /*size*/) { return 0; }
void tiff_unmap(thandle_t /*handle*/, void* /*base*/, toff_t /*size*/) {}

int tiff_complains(TIFF* /*tiff*/, void* user, const char* /*module*/, const char* format,
                   va_list arguments) {
    auto* memory = static_cast<TiffMemory*>(user);
    if (memory->complaint[0] == '\0') {
        (void)std::vsnprintf(memory->complaint.data(), memory->complaint.size(), format, arguments);
    }
    return 1;  // handled: nothing on stderr
}

int tiff_warns(TIFF* /*tiff*/, void* /*user*/, const char* /*module*/, const char* /*format*/,
               va_list /*arguments*/) {
    return 1;
}

using TiffHandle = Handle<TIFF, &TIFFClose>;
using TiffOptions = Handle<TIFFOpenOptions, &TIFFOpenOptionsFree>;

TiffHandle open_tiff(TiffMemory& memory) {
    const TiffOptions options(TIFFOpenOptionsAlloc());
    if (!options) {
        return nullptr;
    }
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &tiff_complains, &memory);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &tiff_warns, &memory);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kTiffAllocationMax);
    // "m": no memory mapping.
    return TiffHandle(TIFFClientOpenExt("scan", "rm", &memory, &tiff_read, &tiff_write, &tiff_seek,
                                        &tiff_close, &tiff_size, &tiff_map, &tiff_unmap,
                                        options.get()));
}

Error tiff_damaged(const TiffMemory& memory) {
    return damaged(std::string("the TIFF cannot be read (") + memory.complaint.data() +
                   "); scan the page again");
}

double tiff_dpi(TIFF* tiff) {
    float x = 0;
    std::uint16_t unit = RESUNIT_INCH;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x) != 1) {
        return 0;
    }
    switch (unit) {
        case RESUNIT_INCH: return static_cast<double>(x);
        case RESUNIT_CENTIMETER: return static_cast<double>(x) * kCentimetresPerInch;
        default: return 0;
    }
}

// Header of the first page, whose size is acceptable and whose pixels libtiff can convert.
Result<ImageHeader> tiff_header(TIFF* tiff, const TiffMemory& memory, const Limits& limits) {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    if (TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) != 1 ||
        TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) != 1) {
        return tiff_damaged(memory);
    }
    const Outcome size = check_size(width, height, limits);
    if (!size) {
        return size.error();
    }
    std::array<char, 1024> why{};
    if (TIFFRGBAImageOK(tiff, why.data()) != 1) {
        return unsupported(std::string("this kind of TIFF is not read (") + why.data() +
                           "); save it as PNG");
    }
    return make_header(Format::Tiff, static_cast<int>(width), static_cast<int>(height),
                       tiff_dpi(tiff));
}

// libtiff's pixels carry opacity multiplied in: laid on white paper by adding what is missing.
void tiff_pixels_to_rgb(const std::vector<std::uint32_t>& raster, std::vector<std::uint8_t>& rgb) {
    rgb.resize(raster.size() * 3);
    std::size_t to = 0;
    for (const std::uint32_t pixel : raster) {
        const std::uint32_t paper = 255U - TIFFGetA(pixel);
        rgb[to++] = static_cast<std::uint8_t>(std::min(255U, TIFFGetR(pixel) + paper));
        rgb[to++] = static_cast<std::uint8_t>(std::min(255U, TIFFGetG(pixel) + paper));
        rgb[to++] = static_cast<std::uint8_t>(std::min(255U, TIFFGetB(pixel) + paper));
    }
}

}  // namespace

Result<ImageHeader> probe_tiff(std::string_view bytes, const Limits& limits) {
    TiffMemory memory{bytes};
    const TiffHandle tiff = open_tiff(memory);
    if (!tiff) {
        return tiff_damaged(memory);
    }
    return tiff_header(tiff.get(), memory, limits);
}

Result<int> count_tiff_pages(std::string_view bytes, int most) {
    TiffMemory memory{bytes};
    const TiffHandle tiff = open_tiff(memory);
    if (!tiff) {
        return tiff_damaged(memory);
    }
    int pages = 1;
    // libtiff itself refuses directories that form a ring.
    while (pages <= most && TIFFReadDirectory(tiff.get()) == 1) {
        ++pages;
    }
    return pages;
}

Result<Picture> decode_tiff(std::string_view bytes, int page, const Limits& limits) {
    TiffMemory memory{bytes};
    const TiffHandle tiff = open_tiff(memory);
    if (!tiff) {
        return tiff_damaged(memory);
    }
    for (int next = 1; next < page; ++next) {
        if (TIFFReadDirectory(tiff.get()) != 1) {
            return damaged("the TIFF has fewer pages than it was said to have");
        }
    }
    const Result<ImageHeader> header = tiff_header(tiff.get(), memory, limits);
    if (!header) {
        return header.error();
    }
    const auto width = static_cast<std::size_t>(header->width);
    const auto height = static_cast<std::size_t>(header->height);
    std::vector<std::uint32_t> raster(width * height);
    const int read = TIFFReadRGBAImageOriented(tiff.get(), static_cast<std::uint32_t>(width),
                                               static_cast<std::uint32_t>(height), raster.data(),
                                               ORIENTATION_TOPLEFT, 1);
    if (read != 1 || memory.complaint[0] != '\0') {
        return tiff_damaged(memory);
    }
    Picture picture{header->width, header->height, {}, header->dpi};
    tiff_pixels_to_rgb(raster, picture.rgb);
    return picture;
}

}  // namespace sealdesk::image::codecs
