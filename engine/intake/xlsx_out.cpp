#include "intake/xlsx_out.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "intake/encoding.h"

namespace sealdesk::intake {

namespace {

/// A cell holds so many characters (Excel specifications and limits), each at most 4 bytes.
constexpr std::size_t kXlsxTextMax = 32'767;

/// Excel's limit on the message of a data validation.
constexpr std::size_t kXlsxErrorMax = 255;

std::string fitting(std::string_view utf8, std::size_t characters_max) {
    std::string text = is_utf8(utf8) ? std::string(utf8) : decode_bytes(utf8, Encoding::Utf8);
    if (text.size() > characters_max) {  // else it certainly fits
        const std::u32string points = to_code_points(text);
        text = to_utf8(std::u32string_view(points).substr(0, characters_max));
    }
    return text;
}

[[noreturn]] void throw_not_written() {
    throw_unavailable("file.not_written", "a spreadsheet cannot be written");
}

}  // namespace

XlsxOut::XlsxOut(std::filesystem::path file, bool streaming) : file_(std::move(file)) {
    temporary_ = file_;
    temporary_ += "." + std::to_string(getpid()) + ".part";
    // Made here, so that nobody can have put a link there, and with the mode it shall have.
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          S_IRUSR | S_IWUSR | S_IRGRP);
    if (fd < 0) {
        throw_not_written();
    }
    ::close(fd);
    lxw_workbook_options options{};
    options.constant_memory = streaming ? LXW_TRUE : LXW_FALSE;
    workbook_ = workbook_new_opt(temporary_.c_str(), &options);
    if (workbook_ == nullptr) {
        throw_not_written();
    }
}

XlsxOut::~XlsxOut() {
    if (workbook_ != nullptr) {
        workbook_close(workbook_);
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }
}

void XlsxOut::describe(const std::string& title, const std::string& author, Instant created) {
    std::string shown_title = title;
    std::string shown_author = author;
    lxw_doc_properties properties{};
    properties.title = shown_title.data();
    properties.author = shown_author.data();
    properties.created =
        std::chrono::duration_cast<std::chrono::seconds>(created.time_since_epoch()).count();
    workbook_set_properties(workbook_, &properties);
}

lxw_worksheet* XlsxOut::add_sheet(const std::string& name) {
    lxw_worksheet* const sheet = workbook_add_worksheet(workbook_, name.c_str());
    SEALDESK_CHECK(sheet != nullptr);  // the names are ours
    return sheet;
}

lxw_format* XlsxOut::look(const CellLook& look) {
    lxw_format* const format = workbook_add_format(workbook_);
    SEALDESK_CHECK(format != nullptr);
    format_set_text_wrap(format);
    format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
    if (look.bold) {
        format_set_bold(format);
    }
    if (look.as_text) {
        format_set_num_format_index(format, 49);  // "@", the built-in text format
    }
    if (look.fill != 0) {
        format_set_bg_color(format, look.fill);
        format_set_border(format, LXW_BORDER_THIN);
        format_set_border_color(format, 0xBFBFBF);
    }
    if (look.ink != 0) {
        format_set_font_color(format, look.ink);
    }
    return format;
}

void XlsxOut::text(lxw_worksheet* sheet, std::uint32_t row, std::uint16_t column,
                   std::string_view utf8, lxw_format* look) {
    worksheet_write_string(sheet, row, column, fitting(utf8, kXlsxTextMax).c_str(), look);
}

void XlsxOut::note(lxw_worksheet* sheet, std::uint32_t row, std::uint16_t column,
                   std::string_view utf8) {
    constexpr int columns = 44;
    constexpr int line_height = 18;  // px
    int lines = 1;
    for (const std::string& line : split(utf8, '\n')) {
        lines += 1 + display_width(line) / columns;
    }
    lxw_comment_options options{};
    options.width = 320;
    options.height = static_cast<std::uint16_t>(std::min(lines, 40) * line_height);
    std::string author = "Sealdesk";
    options.author = author.data();
    worksheet_write_comment_opt(sheet, row, column, fitting(utf8, kXlsxTextMax).c_str(), &options);
}

void XlsxOut::offer(lxw_worksheet* sheet, std::uint32_t first_row, std::uint32_t last_row,
                    std::uint16_t column, const std::string& range, const std::string& error) {
    std::string formula = range;
    std::string message = fitting(error, kXlsxErrorMax);
    lxw_data_validation validation{};
    validation.validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
    validation.value_formula = formula.data();
    validation.ignore_blank = LXW_VALIDATION_ON;
    validation.show_error = LXW_VALIDATION_ON;
    validation.dropdown = LXW_VALIDATION_ON;
    validation.error_type = LXW_VALIDATION_ERROR_TYPE_STOP;
    validation.error_message = message.data();
    const lxw_error refused =
        worksheet_data_validation_range(sheet, first_row, column, last_row, column, &validation);
    SEALDESK_CHECK(refused == LXW_NO_ERROR);
}

void XlsxOut::finish() {
    lxw_workbook* const workbook = std::exchange(workbook_, nullptr);
    if (workbook_close(workbook) != LXW_NO_ERROR) {
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
        throw_not_written();
    }
    rename_durably(temporary_, file_);
}

}  // namespace sealdesk::intake
