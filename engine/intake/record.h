#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// Why a row or a file is refused, as the clerk reads it.
struct Reason {
    std::string code;      ///< stable and dotted: "id.check_digit", "csv.ragged"
    std::string citation;  ///< the rule behind it, such as "T 5.1.1.1"; may be empty
    std::string field;     ///< the field's key, or the heading; empty when it is the whole row
    Bilingual message;     ///< what is wrong and what to do, in one or two sentences

    /// What `reasons[].rule` shows: the citation, or the code when there is none.
    [[nodiscard]] const std::string& rule() const { return citation.empty() ? code : citation; }
};

/// What a spreadsheet made of a cell before we saw it; other files know only text.
enum class CellForm {
    Text,
    Number,   ///< leading zeros are gone
    Day,      ///< a date of the Gregorian calendar, whatever was typed
    Error,    ///< "#REF!"
    Formula,  ///< that nobody has calculated
};

/// One filled form as it stands in a file, values as keyed, in UTF-8.
struct Record {
    /// As a spreadsheet numbers it (headings are row 1); JSON and XML: 1, 2, 3 …
    std::int64_t row = 0;
    std::vector<std::string> cells;    ///< one a field, in the order of Form::fields
    std::vector<CellForm> forms;       ///< one a field, or empty: all text
    std::vector<std::string> unknown;  ///< keys of a JSON record that no field has
    std::optional<Reason> trouble;     ///< the row cannot be read; `raw` identifies it
    std::string raw;                   ///< bytes of an unreadable row, at most kRawBytesMax
    bool amended = false;  ///< of a stored request: kSecretGiven stands for a secret on file
};

/// What is known of a data file before its rows are judged.
struct SourceInfo {
    std::string file;      ///< name within the bundle
    std::string sha256;    ///< of the file's bytes, lower-case hex
    std::string encoding;  ///< "utf-8", "cp950", "utf-16le"; "xlsx"
    Bilingual certainty;   ///< of the encoding, for the clerk; empty for "xlsx"
    const scheme::Scheme* scheme = nullptr;
    const scheme::Form* form = nullptr;
    std::vector<Reason> warnings;  ///< unknown columns and the like; nothing is refused for them
};

/// Rows of one data file, one at a time: memory does not grow with the file.
class RecordSource {
public:
    virtual ~RecordSource() = default;
    [[nodiscard]] virtual const SourceInfo& info() const = 0;
    /// Fills `record` with the next row; false at the end. A row that cannot be read comes with
    /// `trouble`, and reading goes on after it. Throws Failure (intake.unreadable) when the disk
    /// fails.
    virtual bool next(Record& record) = 0;
};

/// Where the scans named on a form are read from.
class ScanReader {
public:
    virtual ~ScanReader() = default;
    /// The bytes of the file of that name. Errors: scan.outside, scan.missing, scan.too_large,
    /// scan.not_a_file (all Invalid).
    [[nodiscard]] virtual Result<std::string> read(std::string_view name) = 0;
};

// Limits on what a file may hold. A row of the largest form is under 4 KB; these leave a wide
// margin and keep one hostile row from filling the memory.
inline constexpr std::size_t kCellBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kRowBytesMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kColumnsMax = 200;

/// Bytes kept of a row that cannot be read: enough to identify it.
inline constexpr std::size_t kRawBytesMax = 4096;

}  // namespace sealdesk::intake
