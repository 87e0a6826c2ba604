#include "intake/delivery_file.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/numbering.h"
#include "intake/columns.h"
#include "intake/csv_reader.h"
#include "intake/field_rules.h"

namespace sealdesk::intake {
namespace {

constexpr std::array<std::string_view, 6> kTrackingHeadings{
    "掛號號碼", "郵件號碼",        "掛號郵件號碼",
    "tracking", "tracking number", "registered-mail number"};
constexpr std::array<std::string_view, 9> kDeliveredHeadings{
    "投遞日期", "投遞時間", "送達日期",     "送達時間", "簽收日期",
    "簽收時間", "妥投時間", "delivered_at", "delivered"};
constexpr std::array<std::string_view, 5> kSignedHeadings{"簽收人", "收受人", "收件人", "signed_by",
                                                          "signed by"};
constexpr std::array<std::string_view, 5> kReturnedHeadings{"退件日期", "退回日期", "退件時間",
                                                            "returned_at", "returned"};
constexpr std::array<std::string_view, 4> kReasonHeadings{"退件原因", "退回原因", "原因", "reason"};
constexpr std::size_t kSignedByCharactersMax = 60;

/// What a table of the post is about.
struct PostTable {
    std::span<const std::string_view> moment;
    std::span<const std::string_view> note;
    bool note_needed;
    Bilingual missing;  ///< what is said when a column is missing
};

/// Which cell is what.
struct PostColumns {
    std::optional<std::size_t> tracking;
    std::optional<std::size_t> moment;
    std::optional<std::size_t> note;
};

/// One row, not judged yet.
struct PostRow {
    std::int64_t row = 0;
    std::string tracking;
    std::string moment;
    std::string note;
    std::optional<Reason> trouble;
};

std::optional<std::size_t> column_of(const std::vector<std::string>& headings,
                                     std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < headings.size(); ++i) {
        if (std::ranges::count(names, to_lower_ascii(trim(headings[i]))) > 0) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<std::string> decode_row(const CsvRow& row, Encoding encoding) {
    const Encoding bytes = encoding == Encoding::Cp950 ? Encoding::Cp950 : Encoding::Utf8;
    std::vector<std::string> cells;
    for (const std::string& cell : row.cells) {
        cells.push_back(decode_bytes(cell, bytes));
    }
    return cells;
}

PostColumns columns_in(const std::filesystem::path& file, Encoding encoding, char delimiter,
                       const PostTable& table) {
    ByteStream stream(file, encoding, /*transcode=*/false);
    CsvReader reader(stream, delimiter);
    CsvRow row;
    if (!reader.next(row) || !row.trouble.empty()) {
        return {};
    }
    const auto headings = decode_row(row, encoding);
    return {column_of(headings, kTrackingHeadings), column_of(headings, table.moment),
            column_of(headings, table.note)};
}

std::string cell_at(const std::vector<std::string>& cells, std::optional<std::size_t> column) {
    return column && *column < cells.size() ? trim(cells[*column]) : std::string();
}

Reason trouble_in(std::string code, std::string field, Bilingual message) {
    return {std::move(code), "M 4.2.1.2", std::move(field), std::move(message)};
}

std::string tracking_in(const std::string& text) {
    std::string tracking = to_upper_ascii(text);
    std::erase(tracking, ' ');
    return tracking;
}

std::optional<Reason> tracking_trouble(const std::string& tracking) {
    if (is_registered_mail_number(tracking)) {
        return std::nullopt;
    }
    return trouble_in("parcel.tracking_needed", "tracking",
                      {"掛號號碼須為 6 至 24 個數字、大寫英文字母或連字號。",
                       "A registered-mail number has 6 to 24 of 0-9 A-Z -."});
}

void judge_delivery(DeliveryRow& row, const std::string& moment) {
    const auto at = read_moment(moment);
    const auto bad = find_bad_character(row.signed_by);
    row.trouble = tracking_trouble(row.tracking);
    if (row.trouble) {
        return;
    }
    if (!at) {
        row.trouble =
            trouble_in("delivery.moment", "delivered_at",
                       {"投遞日期無法判讀，例：115/11/20 14:05。",
                        "No day of delivery can be read here; such as 2026-11-20 14:05."});
    } else if (bad || to_code_points(row.signed_by).size() > kSignedByCharactersMax) {
        row.trouble =
            trouble_in("delivery.signed_by", "signed_by",
                       {"簽收人過長或含無法使用的字元。",
                        "Who signed is too long, or has characters that cannot be used."});
    }
    row.delivered_at = at.value_or(Instant{});
}

void judge_return(ReturnRow& row, const std::string& moment) {
    const auto at = read_moment(moment);
    row.trouble = tracking_trouble(row.tracking);
    if (row.trouble) {
        return;
    }
    if (!at) {
        row.trouble = trouble_in("return.moment", "returned_at",
                                 {"退件日期無法判讀，例：115/11/20。",
                                  "No day of return can be read here; such as 2026-11-20."});
    } else if (row.reason.empty() || find_bad_character(row.reason) ||
               to_code_points(row.reason).size() > kSignedByCharactersMax) {
        row.trouble = trouble_in("return.reason", "reason",
                                 {"請填退件原因，至多 60 字，不含無法使用的字元。",
                                  "Say why it came back, in at most 60 characters."});
    }
    row.returned_at = at.value_or(Instant{});
}

bool is_blank_delivery(const CsvRow& row) {
    return row.trouble.empty() && std::ranges::all_of(row.cells, [](const std::string& cell) {
               return trim(cell).empty();
           });
}

void read_rows(const std::filesystem::path& file, Encoding encoding, char delimiter,
               const PostColumns& columns, const std::function<void(PostRow)>& take) {
    ByteStream stream(file, encoding, /*transcode=*/false);
    CsvReader reader(stream, delimiter);
    CsvRow read;
    for (bool heading = true; reader.next(read); heading = false) {
        if (heading || is_blank_delivery(read)) {
            continue;
        }
        const auto cells = decode_row(read, encoding);
        take({read.number, tracking_in(cell_at(cells, columns.tracking)),
              cell_at(cells, columns.moment), cell_at(cells, columns.note),
              read.trouble.empty() ? std::nullopt : std::optional(row_trouble(read.trouble))});
    }
}

Outcome read_post_table(const std::filesystem::path& file, const std::string& encoding,
                        const PostTable& table, const std::function<void(PostRow)>& row) {
    const std::string name = file.filename().string();
    if (!encoding.empty() && !encoding_from(encoding)) {
        return file_error(
            "file.encoding",
            {"沒有這種編碼：" + encoding + "。", "No such encoding: " + encoding + "."}, name);
    }
    const FoundEncoding found = find_encoding(survey_file(file), encoding);
    for (const char delimiter : {',', ';', '\t'}) {
        const PostColumns columns = columns_in(file, found.encoding, delimiter, table);
        if (columns.tracking && columns.moment && (columns.note || !table.note_needed)) {
            read_rows(file, found.encoding, delimiter, columns, row);
            return done();
        }
    }
    return file_error("file.missing_columns", table.missing, name);
}

/// "14:05" or "14:05:30"; nothing otherwise.
std::optional<std::chrono::seconds> read_clock(std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() != 2 && parts.size() != 3) {
        return std::nullopt;
    }
    std::array<std::int64_t, 3> numbers{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto number = parse_number(parts[i]);
        if (!number || parts[i].size() > 2) {
            return std::nullopt;
        }
        numbers.at(i) = *number;
    }
    if (numbers[0] > 23 || numbers[1] > 59 || numbers[2] > 59) {
        return std::nullopt;
    }
    return std::chrono::hours(numbers[0]) + std::chrono::minutes(numbers[1]) +
           std::chrono::seconds(numbers[2]);
}

}  // namespace

std::optional<Instant> read_moment(std::string_view text) {
    const std::string whole = trim(text);
    const std::size_t gap = whole.find_first_of(" T");
    const Reading day = whole.empty() ? Reading{{}, {}, Fault{}, {}}
                                      : read_date(std::string_view(whole).substr(0, gap));
    const auto clock = gap == std::string::npos
                           ? std::optional(std::chrono::seconds(0))
                           : read_clock(trim(std::string_view(whole).substr(gap + 1)));
    if (day.fault || !clock) {
        return std::nullopt;
    }
    return start_of_day_in_taipei(day_from_iso(day.value)) + *clock;
}

Outcome read_delivery_file(const std::filesystem::path& file, const std::string& encoding,
                           const std::function<void(DeliveryRow)>& row) {
    const PostTable table{kDeliveredHeadings,
                          kSignedHeadings,
                          false,
                          {"第一列須有「掛號號碼」及「投遞日期」欄名。",
                           "The first row must name the columns: tracking (掛號號碼) and "
                           "delivered_at (投遞日期)."}};
    return read_post_table(file, encoding, table, [&](const PostRow& read) {
        DeliveryRow delivery{read.row, read.tracking, {}, read.note, read.trouble};
        if (!delivery.trouble) {
            judge_delivery(delivery, read.moment);
        }
        row(std::move(delivery));
    });
}

Outcome read_return_file(const std::filesystem::path& file, const std::string& encoding,
                         const std::function<void(ReturnRow)>& row) {
    const PostTable table{kReturnedHeadings,
                          kReasonHeadings,
                          true,
                          {"第一列須有「掛號號碼」、「退件日期」及「退件原因」欄名。",
                           "The first row must name the columns: tracking (掛號號碼), returned_at "
                           "(退件日期) and reason (退件原因)."}};
    return read_post_table(file, encoding, table, [&](const PostRow& read) {
        ReturnRow returned{read.row, read.tracking, {}, read.note, read.trouble};
        if (!returned.trouble) {
            judge_return(returned, read.moment);
        }
        row(std::move(returned));
    });
}

}  // namespace sealdesk::intake
