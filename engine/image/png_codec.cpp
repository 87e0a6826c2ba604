#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstring>

#include <png.h>

#include "image/codecs.h"

namespace sealdesk::image::codecs {

namespace {

// Decompressed metadata of one chunk, bytes. We read none of it; the limit stops bombs.
constexpr png_alloc_size_t kPngChunkBytesMax = 1'000'000;

// Ancillary chunks that would be decompressed or kept for nothing: skipped. Names of 4 letters,
// each with its final zero, as png_set_keep_unknown_chunks wants them.
constexpr char kPngChunksSkipped[] = "iCCP\0zTXt\0iTXt\0tEXt\0eXIf\0sPLT\0hIST\0pCAL";
constexpr int kPngChunksSkippedCount = 8;

// One libpng reader over bytes in memory. libpng leaves by longjmp; every call of it is made
// inside run(), from a function whose frame holds nothing that needs a destructor. What must be
// destroyed lives in this object.
class PngReader {
public:
    explicit PngReader(std::string_view bytes) : rest_(bytes) {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::on_error,
                                      &PngReader::on_warning);
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    }
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    [[nodiscard]] bool read_header() { return run(&PngReader::header_step); }
    [[nodiscard]] bool read_rows() {
        if (!run(&PngReader::transform_step)) {
            return false;
        }
        const std::size_t row_bytes = row_bytes_;
        const auto rows = static_cast<std::size_t>(height_);
        pixels_.resize(row_bytes * rows);
        rows_.resize(rows);
        for (std::size_t y = 0; y < rows_.size(); ++y) {
            rows_[y] = pixels_.data() + y * row_bytes;
        }
        return run(&PngReader::rows_step);
    }

    [[nodiscard]] std::int64_t width() const { return width_; }
    [[nodiscard]] std::int64_t height() const { return height_; }
    [[nodiscard]] double dpi() const { return dpi_; }
    [[nodiscard]] std::size_t channels() const { return channels_; }
    [[nodiscard]] const std::vector<std::uint8_t>& pixels() const { return pixels_; }
    [[nodiscard]] std::string complaint() const { return complaint_.data(); }

private:
    bool run(void (PngReader::*step)()) {
        if (png_ == nullptr || info_ == nullptr) {
            return false;
        }
        if (setjmp(png_jmpbuf(png_)) != 0) {
            return false;
        }
        (this->*step)();
        return true;
    }

    void header_step() {
        png_set_read_fn(png_, this, &PngReader::on_read);
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_size() decides
        png_set_chunk_malloc_max(png_, kPngChunkBytesMax);
        png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER,
                                    reinterpret_cast<png_const_bytep>(kPngChunksSkipped),
                                    kPngChunksSkippedCount);
        png_read_info(png_, info_);
        width_ = png_get_image_width(png_, info_);
        height_ = png_get_image_height(png_, info_);
        png_uint_32 x = 0;
        png_uint_32 y = 0;
        int unit = PNG_RESOLUTION_UNKNOWN;
        if (png_get_pHYs(png_, info_, &x, &y, &unit) != 0 && unit == PNG_RESOLUTION_METER) {
            dpi_ = static_cast<double>(x) * kMetresPerInch;
        }
    }

    void transform_step() {
        png_set_expand(png_);  // palette, 1, 2 and 4 bit, and tRNS to full samples
        png_set_scale_16(png_);
        png_set_gray_to_rgb(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        channels_ = png_get_channels(png_, info_);
        row_bytes_ = png_get_rowbytes(png_, info_);
    }

    void rows_step() {
        png_read_image(png_, rows_.data());
        png_read_end(png_, nullptr);
    }

    static void on_read(png_structp png, png_bytep out, std::size_t count) {
        auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
        if (count > self->rest_.size()) {
            png_error(png, "the file ends early");
        }
        std::memcpy(out, self->rest_.data(), count);
        self->rest_.remove_prefix(count);
    }

    [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
        auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
        std::strncpy(self->complaint_.data(), message, self->complaint_.size() - 1);
        png_longjmp(png, 1);
    }

    static void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

    std::string_view rest_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::int64_t width_ = 0;
    std::int64_t height_ = 0;
    double dpi_ = 0;
    std::size_t channels_ = 0;
    std::size_t row_bytes_ = 0;
    std::array<char, 120> complaint_{};
    std::vector<std::uint8_t> pixels_;
    std::vector<png_bytep> rows_;
};

Error png_damaged(const PngReader& reader) {
    return damaged("the PNG cannot be read (" + reader.complaint() + "); scan the page again");
}

// Pixels with opacity, laid on white paper.
std::vector<std::uint8_t> png_on_white(const std::vector<std::uint8_t>& rgba) {
    std::vector<std::uint8_t> rgb(rgba.size() / 4 * 3);
    for (std::size_t from = 0, to = 0; from + 3 < rgba.size(); from += 4, to += 3) {
        const unsigned opacity = rgba[from + 3];
        for (std::size_t c = 0; c < 3; ++c) {
            const unsigned mixed = rgba[from + c] * opacity + 255U * (255U - opacity);
            rgb[to + c] = static_cast<std::uint8_t>((mixed + 127U) / 255U);
        }
    }
    return rgb;
}

// The writer: the same discipline as the reader.
class PngWriter {
public:
    explicit PngWriter(const Picture& picture) : picture_(picture) {
        png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr,
                                       [](png_structp, png_const_charp) {});
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    }
    ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
    PngWriter(const PngWriter&) = delete;
    PngWriter& operator=(const PngWriter&) = delete;

    [[nodiscard]] bool write() {
        if (png_ == nullptr || info_ == nullptr) {
            return false;
        }
        if (setjmp(png_jmpbuf(png_)) != 0) {
            return false;
        }
        write_step();
        return true;
    }
    [[nodiscard]] std::string& bytes() { return bytes_; }

private:
    void write_step() {
        png_set_write_fn(png_, this, &PngWriter::on_write, [](png_structp) {});
        const auto width = static_cast<png_uint_32>(picture_.width);
        const auto height = static_cast<png_uint_32>(picture_.height);
        png_set_IHDR(png_, info_, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        const auto per_metre = static_cast<png_uint_32>(std::lround(picture_.dpi / kMetresPerInch));
        png_set_pHYs(png_, info_, per_metre, per_metre, PNG_RESOLUTION_METER);
        png_write_info(png_, info_);
        const std::size_t row_bytes = static_cast<std::size_t>(picture_.width) * 3;
        for (std::size_t y = 0; y < height; ++y) {
            png_write_row(png_, picture_.rgb.data() + y * row_bytes);
        }
        png_write_end(png_, info_);
    }

    // std::string::append may throw, which must not cross libpng: running out of memory here
    // becomes libpng's own error.
    static void on_write(png_structp png, png_bytep data, std::size_t count) {
        auto* self = static_cast<PngWriter*>(png_get_io_ptr(png));
        if (!self->keep(data, count)) {
            png_error(png, "no memory");
        }
    }
    bool keep(const std::uint8_t* data, std::size_t count) noexcept {
        try {
            bytes_.append(reinterpret_cast<const char*>(data), count);
            return true;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

    const Picture& picture_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::string bytes_;
};

}  // namespace

Result<ImageHeader> probe_png(std::string_view bytes, const Limits& limits) {
    PngReader reader(bytes);
    if (!reader.read_header()) {
        return png_damaged(reader);
    }
    const Outcome size = check_size(reader.width(), reader.height(), limits);
    if (!size) {
        return size.error();
    }
    return make_header(Format::Png, static_cast<int>(reader.width()),
                       static_cast<int>(reader.height()), reader.dpi());
}

Result<Picture> decode_png(std::string_view bytes, const Limits& limits) {
    PngReader reader(bytes);
    if (!reader.read_header()) {
        return png_damaged(reader);
    }
    const Outcome size = check_size(reader.width(), reader.height(), limits);
    if (!size) {
        return size.error();
    }
    if (!reader.read_rows()) {
        return png_damaged(reader);
    }
    const ImageHeader header = make_header(Format::Png, static_cast<int>(reader.width()),
                                           static_cast<int>(reader.height()), reader.dpi());
    Picture picture{header.width, header.height, {}, header.dpi};
    picture.rgb = reader.channels() == 4 ? png_on_white(reader.pixels()) : reader.pixels();
    SEALDESK_CHECK(picture.rgb.size() == static_cast<std::size_t>(header.width) *
                                             static_cast<std::size_t>(header.height) * 3);
    return picture;
}

}  // namespace sealdesk::image::codecs

namespace sealdesk::image {

std::string encode_png(const Picture& picture) {
    SEALDESK_CHECK(picture.width > 0 && picture.height > 0);
    SEALDESK_CHECK(picture.rgb.size() == static_cast<std::size_t>(picture.width) *
                                             static_cast<std::size_t>(picture.height) * 3);
    codecs::PngWriter writer(picture);
    if (!writer.write()) {
        throw_unavailable("image.encoding", "a picture could not be written as PNG: no memory");
    }
    return std::move(writer.bytes());
}

}  // namespace sealdesk::image
