#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zip.h>

#include "base/handle.h"
#include "base/result.h"

// Reading ZIP files, ours and those that spreadsheets are; nothing outside this room includes it.
namespace sealdesk::intake {

/// One file of a ZIP as the central directory names it.
struct ZipEntry {
    std::string name;  ///< bytes as written, in whatever encoding
    std::int64_t packed = 0;
    bool encrypted = false;
    bool folder = false;
};

/// An entry's bytes, a block at a time.
class ZipStream {
public:
    ZipStream(zip_t* zip, std::size_t index, std::int64_t packed);

    /// The next block, valid until the next call; empty at the end, or when `trouble` says why
    /// there is no more.
    [[nodiscard]] std::string_view next();

    /// zip.damaged (checksum, cut short, a packing we do not read), zip.bomb (kZipRatioMax), or
    /// nothing.
    [[nodiscard]] std::string_view trouble() const { return trouble_; }

private:
    Handle<zip_file_t, &zip_fclose> file_;
    std::int64_t packed_;
    std::int64_t unpacked_ = 0;
    std::string_view trouble_;
    std::vector<char> block_;
};

/// A ZIP by its central directory, which is the list that Explorer and Excel show: what stands
/// between the entries and is named by nothing is not read. Names are never used as paths.
class ZipFile {
public:
    /// Errors (Invalid): zip.too_large (kZipBytesMax as it is), zip.too_many_entries
    /// (kZipEntriesMax; ZIP64, which no file of that size needs), zip.empty (not a ZIP, or nothing
    /// in it). Throws Failure (intake.unreadable).
    [[nodiscard]] static Result<ZipFile> open(const std::filesystem::path& file);

    [[nodiscard]] const std::vector<ZipEntry>& entries() const { return entries_; }

    /// `index` counts entries(). The file must outlive the stream.
    [[nodiscard]] std::unique_ptr<ZipStream> read(std::size_t index) const;

private:
    explicit ZipFile(zip_t* zip) : zip_(zip) {}
    Handle<zip_t, &zip_discard> zip_;
    std::vector<ZipEntry> entries_;
};

}  // namespace sealdesk::intake
