#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/bundle.h"
#include "intake/evaluate.h"
#include "scheme/scheme.h"
#include "support/temp_folder.h"

namespace sealdesk::intake {

/// The schemes of the repository, loaded once.
[[nodiscard]] const std::vector<scheme::Scheme>& schemes();
[[nodiscard]] const scheme::Scheme& scheme_under_test();
[[nodiscard]] const scheme::Form& registration_form();
[[nodiscard]] const scheme::Form& reset_form();

/// The day the tests live in.
inline constexpr std::chrono::year_month_day kToday =
    std::chrono::year{2026} / std::chrono::month{11} / std::chrono::day{20};

using Cells = std::vector<std::pair<std::string, std::string>>;

/// A registration of a person (a company) that every rule accepts, by Chinese heading, with some
/// cells changed or added.
[[nodiscard]] Cells person(const Cells& changes = {});
[[nodiscard]] Cells company(const Cells& changes = {});

/// Rows as a spreadsheet saves them: headings of the first row, quoted where needed, CR LF.
[[nodiscard]] std::string csv(const std::vector<Cells>& rows, char delimiter = ',');

/// UTF-8 as CP950, as UTF-16LE with its mark. A character CP950 has not becomes `?`.
[[nodiscard]] std::string to_cp950(std::string_view utf8);
[[nodiscard]] std::string to_utf16le(std::string_view utf8);

/// A small picture.
[[nodiscard]] std::string png();

/// A ZIP of these entries, names as they are. `deflated`: packed, else stored.
[[nodiscard]] std::string zip(const std::vector<std::pair<std::string, std::string>>& entries,
                              bool deflated = false);

/// A folder of data files with seal scans scans/a.png and scans/b.png.
class Inbox {
public:
    Inbox();

    std::filesystem::path write(const std::string& name, std::string_view bytes) const;
    [[nodiscard]] std::filesystem::path path(const std::string& name = "") const;

    /// Reads a file, folder or ZIP and judges its rows. One text a row: "2 C00001 ok" or
    /// "3 C00002 id.check_digit(id_number)"; for a file or entry that is refused
    /// "day.csv file.encoding".
    [[nodiscard]] std::vector<std::string> read(const std::string& name,
                                                const SourceOptions& options = {}) const;

    /// The drafts behind it.
    [[nodiscard]] std::vector<Draft> drafts(const std::string& name) const;

    /// The draft of one registration row.
    [[nodiscard]] Draft draft(const Cells& row) const;

private:
    test::TempFolder folder_;
    std::filesystem::path scratch_;
};

/// "ok", or the codes with their fields, in the order they are reported.
[[nodiscard]] std::string codes_of(const Draft& draft);

/// Codes of the findings, in order.
[[nodiscard]] std::vector<std::string> findings_of(const Draft& draft);

}  // namespace sealdesk::intake
