#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

// Names of files that must stay inside a bundle; nothing outside this room includes it.
namespace sealdesk::intake {

/// A name as written on a form or in a ZIP, made relative to the bundle: `\` becomes `/`, `.` goes.
/// Error scan.outside: `..`, an absolute name, a drive letter; scan.missing: no name at all.
[[nodiscard]] Result<std::string> name_inside(std::string_view written);

/// "inbox/day.csv" and "scans/1.jpg" → "inbox/scans/1.jpg".
[[nodiscard]] std::string beside(std::string_view data_file, std::string_view name);

/// A folder whose files are read by their names. It stays open, so a file costs one step less.
class InsideFolder {
public:
    explicit InsideFolder(const std::filesystem::path& root);

    /// The bytes of a plain file below the folder; `inside` is as name_inside() gives it. No
    /// symbolic link is followed on the way, whoever puts one there and when. Errors: scan.missing,
    /// scan.not_a_file, scan.too_large.
    [[nodiscard]] Result<std::string> read(const std::string& inside, std::int64_t bytes_max) const;

private:
    Descriptor root_;
};

/// Whether a bundle takes the file for a data file, going by its name.
[[nodiscard]] bool is_data_file(const std::string& name);

}  // namespace sealdesk::intake
