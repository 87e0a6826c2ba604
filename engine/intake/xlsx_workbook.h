#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/xlsx_numbers.h"
#include "intake/zip_file.h"

// The parts of an XLSX file besides its cells; nothing outside this room includes it.
namespace sealdesk::intake {

// Limits on a workbook: a hundred thousand forms have about a million different texts, 30 MB.
inline constexpr std::size_t kSharedTextsMax = 4'000'000;
inline constexpr std::size_t kSharedBytesMax = std::size_t{128} * 1024 * 1024;
inline constexpr std::size_t kSheetsMax = 64;
inline constexpr std::size_t kStylesMax = 65'536;

/// A worksheet as the workbook lists it.
struct SheetPart {
    std::string name;
    bool hidden = false;
    std::size_t entry = 0;  ///< of the ZIP
};

/// Texts that cells share (sharedStrings.xml), in one piece of memory.
class SharedTexts {
public:
    [[nodiscard]] std::size_t size() const { return ends_.size(); }
    /// Texts longer than kCellBytesMax are kept one byte longer than that, to be refused.
    [[nodiscard]] std::string_view at(std::size_t index) const;
    void add(std::string_view text);
    [[nodiscard]] bool is_too_large() const {
        return bytes_.size() > kSharedBytesMax || ends_.size() > kSharedTextsMax;
    }

private:
    std::string bytes_;
    std::vector<std::uint32_t> ends_;
};

/// An XLSX file (ECMA-376), opened.
class Workbook {
public:
    /// Errors (Invalid, without `where`): those of ZipFile::open; xlsx.broken (a part is missing,
    /// there twice, damaged, or not what it should be), xlsx.too_large (shared texts, styles,
    /// sheets), file.not_text for other things in a ZIP, with advice.
    [[nodiscard]] static Result<Workbook> open(const std::filesystem::path& file);

    [[nodiscard]] const std::vector<SheetPart>& sheets() const { return sheets_; }
    [[nodiscard]] const ZipFile& zip() const { return zip_; }
    [[nodiscard]] const SharedTexts& shared() const { return shared_; }
    [[nodiscard]] bool counts_from_1904() const { return from_1904_; }
    /// The style of a cell's `s`; unknown ones are plain numbers.
    [[nodiscard]] NumberStyle style(std::size_t index) const;

private:
    explicit Workbook(ZipFile zip) : zip_(std::move(zip)) {}
    Outcome read_parts();
    Outcome read_sheets(const std::string& workbook_part);

    ZipFile zip_;
    std::vector<SheetPart> sheets_;
    std::vector<NumberStyle> styles_;
    SharedTexts shared_;
    bool from_1904_ = false;
};

}  // namespace sealdesk::intake
