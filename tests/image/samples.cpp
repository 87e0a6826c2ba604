#include "image/samples.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// jpeglib.h needs <cstdio>'s names.
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

#include "base/error.h"

namespace sealdesk::image::samples {

namespace {

std::uint8_t gray_of(const std::uint8_t* pixel) {
    return static_cast<std::uint8_t>((pixel[0] + pixel[1] + pixel[2]) / 3);
}

std::size_t pixels_of(const Picture& picture) { return picture.rgb.size() / 3; }

template <class Colour>
Picture mapped(const Picture& picture, Colour colour) {
    Picture out = picture;
    for (std::size_t n = 0; n < pixels_of(picture); ++n) {
        const std::array<std::uint8_t, 3> to = colour(&picture.rgb[n * 3]);
        std::copy(to.begin(), to.end(), out.rgb.begin() + static_cast<std::ptrdiff_t>(n * 3));
    }
    return out;
}

struct PngLayout {
    int colour = PNG_COLOR_TYPE_RGB;
    int depth = 8;
    int interlace = PNG_INTERLACE_NONE;
    std::size_t bytes_per_pixel = 3;
};

PngLayout layout_of(PngKind kind) {
    switch (kind) {
        case PngKind::Interlaced: return {PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_ADAM7, 3};
        case PngKind::SixteenBit: return {PNG_COLOR_TYPE_RGB, 16, PNG_INTERLACE_NONE, 6};
        case PngKind::Gray: return {PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE, 1};
        case PngKind::Palette: return {PNG_COLOR_TYPE_PALETTE, 8, PNG_INTERLACE_NONE, 1};
        case PngKind::HalfTransparent: return {PNG_COLOR_TYPE_RGBA, 8, PNG_INTERLACE_NONE, 4};
    }
    std::abort();
}

std::vector<std::uint8_t> png_samples(const Picture& picture, PngKind kind) {
    std::vector<std::uint8_t> out;
    for (std::size_t n = 0; n < pixels_of(picture); ++n) {
        const std::uint8_t* pixel = &picture.rgb[n * 3];
        switch (kind) {
            case PngKind::Interlaced: out.insert(out.end(), pixel, pixel + 3); break;
            case PngKind::SixteenBit:
                for (int c = 0; c < 3; ++c) {
                    out.push_back(pixel[c]);
                    out.push_back(pixel[c]);
                }
                break;
            case PngKind::Gray: out.push_back(gray_of(pixel)); break;
            case PngKind::Palette: out.push_back(gray_of(pixel) < 128 ? 0 : 1); break;
            case PngKind::HalfTransparent:
                out.insert(out.end(), pixel, pixel + 3);
                out.push_back(128);
                break;
        }
    }
    return out;
}

void append_bytes(png_structp png, png_bytep data, std::size_t count) {
    static_cast<std::string*>(png_get_io_ptr(png))
        ->append(reinterpret_cast<const char*>(data), count);
}

void append_big_endian(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(value >> shift));
    }
}

}  // namespace

Picture gradient(int width, int height) {
    Picture picture{width, height, {}, kDpiDefault};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            picture.rgb.push_back(static_cast<std::uint8_t>(60 + x * 150 / width));
            picture.rgb.push_back(static_cast<std::uint8_t>(40 + y * 180 / height));
            picture.rgb.push_back(
                static_cast<std::uint8_t>(200 - (x + y) * 120 / (width + height)));
        }
    }
    return picture;
}

Picture as_gray(const Picture& picture) {
    return mapped(picture, [](const std::uint8_t* pixel) {
        const std::uint8_t gray = gray_of(pixel);
        return std::array<std::uint8_t, 3>{gray, gray, gray};
    });
}

Picture as_two_colours(const Picture& picture) {
    return mapped(picture, [](const std::uint8_t* pixel) {
        return gray_of(pixel) < 128 ? std::array<std::uint8_t, 3>{200, 20, 30}
                                    : std::array<std::uint8_t, 3>{255, 255, 255};
    });
}

Picture as_black_and_white(const Picture& picture) {
    return mapped(picture, [](const std::uint8_t* pixel) {
        const auto level = static_cast<std::uint8_t>(gray_of(pixel) < 128 ? 0 : 255);
        return std::array<std::uint8_t, 3>{level, level, level};
    });
}

std::string png_of(const Picture& picture, PngKind kind) {
    const PngLayout layout = layout_of(kind);
    std::vector<std::uint8_t> samples = png_samples(picture, kind);
    std::vector<png_bytep> rows;
    const std::size_t row_bytes = static_cast<std::size_t>(picture.width) * layout.bytes_per_pixel;
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y) {
        rows.push_back(samples.data() + y * row_bytes);
    }
    std::string file;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &file, &append_bytes, [](png_structp) {});
    png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
                 static_cast<png_uint_32>(picture.height), layout.depth, layout.colour,
                 layout.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const std::array<png_color, 2> palette{{{200, 20, 30}, {255, 255, 255}}};
    if (kind == PngKind::Palette) {
        png_set_PLTE(png, info, palette.data(), 2);
    }
    png_write_info(png, info);
    png_write_image(png, rows.data());
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return file;
}

namespace {

std::vector<std::uint8_t> jpeg_samples(const Picture& picture, JpegKind kind) {
    std::vector<std::uint8_t> out;
    for (std::size_t n = 0; n < pixels_of(picture); ++n) {
        const std::uint8_t* pixel = &picture.rgb[n * 3];
        if (kind == JpegKind::Gray) {
            out.push_back(gray_of(pixel));
        } else if (kind == JpegKind::AdobeCmyk || kind == JpegKind::PlainCmyk) {
            // No black ink: the colours are the complements. Adobe stores them inverted.
            const bool inverted = kind == JpegKind::AdobeCmyk;
            for (int c = 0; c < 3; ++c) {
                out.push_back(inverted ? pixel[c] : static_cast<std::uint8_t>(255 - pixel[c]));
            }
            out.push_back(inverted ? 255 : 0);
        } else {
            out.insert(out.end(), pixel, pixel + 3);
        }
    }
    return out;
}

void set_jpeg_kind(jpeg_compress_struct& info, JpegKind kind) {
    const bool inks = kind == JpegKind::AdobeCmyk || kind == JpegKind::PlainCmyk;
    info.input_components = inks ? 4 : (kind == JpegKind::Gray ? 1 : 3);
    info.in_color_space = inks ? JCS_CMYK : (kind == JpegKind::Gray ? JCS_GRAYSCALE : JCS_RGB);
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 95, TRUE);
    if (kind == JpegKind::Progressive) {
        jpeg_simple_progression(&info);
    }
    info.write_Adobe_marker = kind == JpegKind::AdobeCmyk ? TRUE : FALSE;
    info.density_unit = kind == JpegKind::NoDensity ? 0 : 1;
    info.X_density = 300;
    info.Y_density = 300;
    if (kind == JpegKind::DotsPerCentimetre) {
        info.density_unit = 2;
        info.X_density = 118;
        info.Y_density = 118;
    }
}

}  // namespace

std::string jpeg_of(const Picture& picture, JpegKind kind) {
    std::vector<std::uint8_t> samples = jpeg_samples(picture, kind);
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = static_cast<JDIMENSION>(picture.width);
    info.image_height = static_cast<JDIMENSION>(picture.height);
    set_jpeg_kind(info, kind);
    jpeg_start_compress(&info, TRUE);
    const std::size_t row_bytes = samples.size() / static_cast<std::size_t>(picture.height);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = samples.data() + row_bytes * info.next_scanline;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    std::string file(reinterpret_cast<const char*>(buffer), size);
    jpeg_destroy_compress(&info);
    std::free(buffer);  // made by jpeg_mem_dest
    return file;
}

namespace {

void write_tiff_page(TIFF* tiff, const Picture& picture, TiffKind kind) {
    const bool fax = kind == TiffKind::FaxG4;
    const auto compression = [kind]() -> int {
        switch (kind) {
            case TiffKind::Lzw: return COMPRESSION_LZW;
            case TiffKind::Deflate: return COMPRESSION_ADOBE_DEFLATE;
            case TiffKind::FaxG4: return COMPRESSION_CCITTFAX4;
            case TiffKind::Plain:
            case TiffKind::TwoPages: return COMPRESSION_NONE;
        }
        std::abort();
    }();
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, picture.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, picture.height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, fax ? 1 : 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, fax ? 1 : 3);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, fax ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 400.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 400.0);
    const auto width = static_cast<std::size_t>(picture.width);
    for (std::uint32_t y = 0; y < static_cast<std::uint32_t>(picture.height); ++y) {
        std::vector<std::uint8_t> row(width * 3);
        const std::uint8_t* from = picture.rgb.data() + y * width * 3;
        if (fax) {
            row.assign((width + 7) / 8, 0);
            for (std::size_t x = 0; x < width; ++x) {
                const int black = gray_of(from + x * 3) < 128 ? 0x80 >> (x % 8) : 0;
                row[x / 8] = static_cast<std::uint8_t>(row[x / 8] | black);
            }
        } else {
            row.assign(from, from + width * 3);
        }
        TIFFWriteScanline(tiff, row.data(), y, 0);
    }
    TIFFWriteDirectory(tiff);
}

}  // namespace

namespace {

// A growing file in memory, as libtiff's callbacks see it.
struct TiffFile {
    std::string bytes;
    std::size_t at = 0;
};

tmsize_t read_back(thandle_t handle, void* out, tmsize_t count) {
    auto& file = *static_cast<TiffFile*>(handle);
    const std::size_t taken =
        std::min(static_cast<std::size_t>(count), file.bytes.size() - file.at);
    std::memcpy(out, file.bytes.data() + file.at, taken);
    file.at += taken;
    return static_cast<tmsize_t>(taken);
}

tmsize_t write_on(thandle_t handle, void* data, tmsize_t count) {
    auto& file = *static_cast<TiffFile*>(handle);
    const auto size = static_cast<std::size_t>(count);
    file.bytes.resize(std::max(file.bytes.size(), file.at + size));
    std::memcpy(file.bytes.data() + file.at, data, size);
    file.at += size;
    return count;
}

toff_t move_to(thandle_t handle, toff_t offset, int whence) {
    auto& file = *static_cast<TiffFile*>(handle);
    const toff_t base = whence == SEEK_CUR ? file.at : (whence == SEEK_END ? file.bytes.size() : 0);
    file.at = base + offset;
    return file.at;
}

}  // namespace

std::string tiff_of(const Picture& picture, TiffKind kind) {
    TiffFile file;
    TIFF* tiff = TIFFClientOpen(
        "memory", "wlm", &file, &read_back, &write_on, &move_to, [](thandle_t) { return 0; },
        [](thandle_t handle) -> toff_t { return static_cast<TiffFile*>(handle)->bytes.size(); },
        nullptr, nullptr);
    SEALDESK_CHECK(tiff != nullptr);
    write_tiff_page(tiff, picture, kind);
    if (kind == TiffKind::TwoPages) {
        write_tiff_page(tiff, as_black_and_white(picture), kind);
    }
    TIFFClose(tiff);
    return file.bytes;
}

std::string png_header_only(std::uint32_t width, std::uint32_t height) {
    // IHDR with its own checksum (libpng's zlib is not linked here: CRC-32 by the definition).
    std::string chunk = "IHDR";
    append_big_endian(chunk, width);
    append_big_endian(chunk, height);
    chunk += std::string("\x08\x02\x00\x00\x00", 5);
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : chunk) {
        crc ^= static_cast<std::uint8_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
        }
    }
    std::string file("\x89PNG\r\n\x1a\n\0\0\0\x0d", 12);
    file += chunk;
    append_big_endian(file, crc ^ 0xFFFFFFFFU);
    file += std::string("\0\0\0\x0aIDAT", 8);
    return file;
}

std::string jpeg_header_only(std::uint16_t width, std::uint16_t height) {
    // The first scan of a real file with its size field overwritten: SOF0 is FF C0, then length
    // (2), precision (1), height (2), width (2).
    std::string file = jpeg_of(gradient(16, 16), JpegKind::Baseline);
    const std::size_t sof = file.find("\xff\xc0");
    SEALDESK_CHECK(sof != std::string::npos);
    file[sof + 5] = static_cast<char>(height >> 8);
    file[sof + 6] = static_cast<char>(height & 0xFF);
    file[sof + 7] = static_cast<char>(width >> 8);
    file[sof + 8] = static_cast<char>(width & 0xFF);
    return file;
}

std::string tiff_header_only(std::uint32_t width, std::uint32_t height) {
    // The real file's directory with its size values overwritten: tag 256 or 257, type SHORT (3)
    // or LONG (4), count 1, value.
    std::string file = tiff_of(gradient(16, 16), TiffKind::Plain);
    const auto overwrite = [&file](char tag, std::uint32_t value) {
        for (const char type : {'\x03', '\x04'}) {
            const std::size_t entry =
                file.find(std::string{tag, '\x01', type, '\0', '\x01', '\0', '\0', '\0'});
            if (entry != std::string::npos) {
                file[entry + 2] = '\x04';
                for (std::size_t n = 0; n < 4; ++n) {
                    file[entry + 8 + n] = static_cast<char>(value >> (8 * n));
                }
            }
        }
    };
    overwrite('\x00', width);
    overwrite('\x01', height);
    return file;
}

std::vector<std::string> one_of_each() {
    const Picture picture = gradient(40, 30);
    return {encode_png(picture),
            png_of(picture, PngKind::Palette),
            png_of(picture, PngKind::Interlaced),
            jpeg_of(picture, JpegKind::Baseline),
            jpeg_of(picture, JpegKind::Progressive),
            jpeg_of(picture, JpegKind::AdobeCmyk),
            tiff_of(picture, TiffKind::Lzw),
            tiff_of(picture, TiffKind::Deflate),
            tiff_of(picture, TiffKind::FaxG4)};
}

}  // namespace sealdesk::image::samples
