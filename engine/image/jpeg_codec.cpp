#include <array>
#include <csetjmp>
#include <cstdio>

// jpeglib.h needs <cstdio>'s names, and jerror.h needs jpeglib.h.
#include <jerror.h>
#include <jpeglib.h>

#include "image/codecs.h"

namespace sealdesk::image::codecs {

namespace {

// Scans of a progressive file. Real encoders write about 10; a hostile one repeats them to burn
// time (libjpeg-turbo's own advice in "Two issues with the JPEG standard" is 500 at most).
constexpr int kJpegScansMax = 100;

// One libjpeg reader over bytes in memory. libjpeg leaves by longjmp; every call of it is made
// inside run(), from a function whose frame holds nothing that needs a destructor.
class JpegReader {
public:
    explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
        info_.err = jpeg_std_error(&errors_);
        errors_.error_exit = &JpegReader::on_error;
        errors_.emit_message = &JpegReader::on_message;
        errors_.output_message = [](j_common_ptr) {};
        info_.client_data = this;
        progress_.progress_monitor = &JpegReader::on_progress;
    }
    // Safe whether or not jpeg_create_decompress ran: without it `mem` is null.
    ~JpegReader() { jpeg_destroy_decompress(&info_); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    [[nodiscard]] bool read_header() { return run(&JpegReader::header_step); }
    [[nodiscard]] bool read_rows() {
        if (!run(&JpegReader::start_step)) {
            return false;
        }
        row_bytes_ = static_cast<std::size_t>(info_.output_width) *
                     static_cast<std::size_t>(info_.output_components);
        pixels_.resize(row_bytes_ * info_.output_height);
        return run(&JpegReader::rows_step) && !damage_;
    }

    [[nodiscard]] std::int64_t width() const { return info_.image_width; }
    [[nodiscard]] std::int64_t height() const { return info_.image_height; }
    [[nodiscard]] bool is_cmyk() const { return info_.out_color_space == JCS_CMYK; }
    [[nodiscard]] bool is_adobe() const { return info_.saw_Adobe_marker != 0; }
    [[nodiscard]] std::vector<std::uint8_t>& pixels() { return pixels_; }
    [[nodiscard]] bool header_damaged() const { return damage_; }

    [[nodiscard]] double dpi() const {
        if (info_.saw_JFIF_marker == 0) {
            return 0;
        }
        switch (info_.density_unit) {
            case 1: return info_.X_density;
            case 2: return info_.X_density * kCentimetresPerInch;
            default: return 0;  // only an aspect ratio
        }
    }

    [[nodiscard]] Error error() const {
        switch (errors_.msg_code) {
            case JERR_BAD_PRECISION:
            case JERR_SOF_UNSUPPORTED:
            case JERR_ARITH_NOTIMPL:
            case JERR_CONVERSION_NOTIMPL:
                return unsupported(std::string("this kind of JPEG is not read (") +
                                   complaint_.data() + "); save it as PNG or baseline JPEG");
            default:
                return damaged(std::string("the JPEG cannot be read (") + complaint_.data() +
                               "); scan the page again");
        }
    }

private:
    bool run(void (JpegReader::*step)()) {
        if (setjmp(escape_) != 0) {
            return false;
        }
        (this->*step)();
        return true;
    }

    void header_step() {
        jpeg_create_decompress(&info_);
        info_.client_data = this;
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()),
                     static_cast<unsigned long>(bytes_.size()));
        jpeg_read_header(&info_, TRUE);
    }

    void start_step() {
        const bool four_inks =
            info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
        info_.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
        info_.dct_method = JDCT_ISLOW;
        info_.progress = &progress_;
        jpeg_start_decompress(&info_);
    }

    void rows_step() {
        while (info_.output_scanline < info_.output_height) {
            JSAMPROW row = pixels_.data() + row_bytes_ * info_.output_scanline;
            jpeg_read_scanlines(&info_, &row, 1);
        }
        jpeg_finish_decompress(&info_);
    }

    static JpegReader& self_of(j_common_ptr info) {
        return *static_cast<JpegReader*>(info->client_data);
    }

    [[noreturn]] static void on_error(j_common_ptr info) {
        JpegReader& self = self_of(info);
        std::array<char, JMSG_LENGTH_MAX> text{};
        info->err->format_message(info, text.data());
        self.complaint_ = text;
        std::longjmp(self.escape_, 1);
    }

    // Warnings are libjpeg's word for damage it papers over (gray blocks). A few are harmless.
    static void on_message(j_common_ptr info, int level) {
        const int code = info->err->msg_code;
        const bool harmless =
            code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
        if (level >= 0 || harmless) {
            return;
        }
        JpegReader& self = self_of(info);
        if (!self.damage_) {
            info->err->format_message(info, self.complaint_.data());
        }
        self.damage_ = true;
    }

    static void on_progress(j_common_ptr info) {
        if (self_of(info).info_.input_scan_number > kJpegScansMax) {
            info->err->msg_code = JERR_BAD_PROGRESSION;
            on_error(info);
        }
    }

    std::string_view bytes_;
    jpeg_decompress_struct info_{};
    jpeg_error_mgr errors_{};
    jpeg_progress_mgr progress_{};
    std::jmp_buf escape_{};
    std::array<char, JMSG_LENGTH_MAX> complaint_{};
    bool damage_ = false;
    std::size_t row_bytes_ = 0;
    std::vector<std::uint8_t> pixels_;
};

// Four inks to RGB without a colour profile: enough to see red from black. Adobe's files store
// the inks inverted (255 = none).
std::vector<std::uint8_t> jpeg_inks_to_rgb(const std::vector<std::uint8_t>& cmyk, bool inverted) {
    std::vector<std::uint8_t> rgb(cmyk.size() / 4 * 3);
    for (std::size_t from = 0, to = 0; from + 3 < cmyk.size(); from += 4, to += 3) {
        const unsigned black = inverted ? cmyk[from + 3] : 255U - cmyk[from + 3];
        for (std::size_t c = 0; c < 3; ++c) {
            const unsigned ink = inverted ? cmyk[from + c] : 255U - cmyk[from + c];
            rgb[to + c] = static_cast<std::uint8_t>((ink * black + 127U) / 255U);
        }
    }
    return rgb;
}

}  // namespace

Result<ImageHeader> probe_jpeg(std::string_view bytes, const Limits& limits) {
    JpegReader reader(bytes);
    if (!reader.read_header() || reader.header_damaged()) {
        return reader.error();
    }
    const Outcome size = check_size(reader.width(), reader.height(), limits);
    if (!size) {
        return size.error();
    }
    return make_header(Format::Jpeg, static_cast<int>(reader.width()),
                       static_cast<int>(reader.height()), reader.dpi());
}

Result<Picture> decode_jpeg(std::string_view bytes, const Limits& limits) {
    JpegReader reader(bytes);
    if (!reader.read_header() || reader.header_damaged()) {
        return reader.error();
    }
    const Outcome size = check_size(reader.width(), reader.height(), limits);
    if (!size) {
        return size.error();
    }
    if (!reader.read_rows()) {
        return reader.error();
    }
    const ImageHeader header = make_header(Format::Jpeg, static_cast<int>(reader.width()),
                                           static_cast<int>(reader.height()), reader.dpi());
    Picture picture{header.width, header.height, {}, header.dpi};
    picture.rgb = reader.is_cmyk() ? jpeg_inks_to_rgb(reader.pixels(), reader.is_adobe())
                                   : std::move(reader.pixels());
    SEALDESK_CHECK(picture.rgb.size() == static_cast<std::size_t>(header.width) *
                                             static_cast<std::size_t>(header.height) * 3);
    return picture;
}

}  // namespace sealdesk::image::codecs
