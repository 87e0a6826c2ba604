#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/record.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

// Limits on a ZIP (notes/mail.md §7.3): a day's forms of one counter with their scans stay far
// below, a bomb does not.
inline constexpr std::size_t kZipEntriesMax = 2000;
inline constexpr std::int64_t kZipBytesMax = 200LL * 1024 * 1024;  ///< unpacked, in all
inline constexpr std::int64_t kZipRatioMax = 200;                  ///< unpacked to packed, an entry
inline constexpr std::size_t kFolderFilesMax = 100'000;            ///< looked at in a folder

/// Files that came together: one file with the scans beside it, a folder, or a ZIP. Nothing
/// outside it is ever opened: names with `..`, absolute names and symbolic links are refused, each
/// by itself, so that what is good in the bundle still comes in.
class Bundle {
public:
    virtual ~Bundle() = default;

    /// Names of the data files inside, with `/`, sorted; without earlier results (`*.result.csv`,
    /// `*.result.xlsx`) and hidden files: .csv, .txt, .tsv, .json, .xlsx, .xlsm, .xml, and .xls,
    /// .ods, which open_records refuses with advice, and .zip, which in a folder is a bundle of its
    /// own.
    [[nodiscard]] virtual const std::vector<std::string>& data_files() const = 0;

    /// What was left out and why, `where` naming it: links (bundle.link), and entries of a ZIP
    /// with a bad name, too much inside, or damage. The clerk is told of each.
    [[nodiscard]] virtual const std::vector<Error>& refusals() const = 0;

    /// A file on disk that holds the data file's bytes: the file itself, or what a ZIP's entry
    /// was unpacked to (removed with the bundle).
    [[nodiscard]] virtual std::filesystem::path path_of(const std::string& data_file) const = 0;

    /// Reads scans named relative to the data file.
    [[nodiscard]] virtual std::unique_ptr<ScanReader> scans_of(
        const std::string& data_file) const = 0;

    /// Where `<file>.result.csv` belongs: beside the file; for a ZIP beside the ZIP.
    [[nodiscard]] virtual std::filesystem::path result_path(const std::string& data_file) const = 0;
};

/// Opens a file, a folder or a ZIP. `scratch`: an existing folder of ours in which a ZIP is
/// unpacked (mode 0700, removed with the Bundle).
/// Errors (Invalid): bundle.not_found, bundle.empty (no data file), bundle.too_many_files,
/// zip.damaged, zip.empty, zip.too_many_entries, zip.too_large. Single entries are left out, see
/// refusals(), for zip.bad_name, zip.bomb (kZipRatioMax), zip.encrypted, zip.damaged. Throws
/// Failure (bundle.scratch) when `scratch` cannot be written.
[[nodiscard]] Result<std::unique_ptr<Bundle>> open_bundle(const std::filesystem::path& path,
                                                          const std::filesystem::path& scratch);

/// What the clerk said about a file on the command line; empty: find out.
struct SourceOptions {
    std::string scheme;
    std::string form;
    std::string encoding;  ///< "utf-8", "cp950" (also "big5", "ms950"), "utf-16le"
    scheme::Origin origin =
        scheme::Origin::Applicant;  ///< Register: only its forms; else all others
};

/// Finds out encoding, scheme and form of a data file (one pass over it, flat memory) and opens
/// it for reading. `schemes` must outlive the source.
/// Errors (Invalid; `where` names file and row): file.empty, file.encoding, file.unknown_form,
/// file.ambiguous_form, file.unknown_scheme, file.form_version, file.missing_columns,
/// file.repeated_column, file.too_many_columns, file.not_text, file.password, json.broken,
/// json.shape, xml.broken, xml.doctype, xml.too_deep, xml.too_large, xml.root, xlsx.broken,
/// xlsx.too_large, xlsx.several_sheets, and those of a ZIP.
[[nodiscard]] Result<std::unique_ptr<RecordSource>> open_records(
    const std::filesystem::path& path, const std::string& shown_name,
    const std::vector<scheme::Scheme>& schemes, const SourceOptions& options);

/// The order in which a day's files are taken: by the form's place in its scheme, then by name,
/// so that a registration comes before a reset of the same subscriber.
void sort_for_import(std::vector<std::unique_ptr<RecordSource>>& sources);

}  // namespace sealdesk::intake
