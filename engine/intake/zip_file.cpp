#include "intake/zip_file.h"

#include <fstream>
#include <utility>

#include "intake/bundle.h"
#include "intake/messages.h"

namespace sealdesk::intake {

namespace {

constexpr std::size_t kZipBlock = std::size_t{16} * 1024;

/// An entry may unpack to this much whatever it was packed to: a white page packs a thousandfold.
constexpr std::int64_t kRatioFree = std::int64_t{1024} * 1024;

// PKWARE APPNOTE 4.3.16: the end record is 22 bytes and a comment of at most 65,535; 4.3.15: a
// ZIP64 has 20 bytes before it.
constexpr std::size_t kEndRecord = 22;
constexpr std::size_t kCommentMax = 65'535;
constexpr std::size_t kZip64Locator = 20;

std::string tail_of(const std::filesystem::path& file, std::int64_t size) {
    constexpr auto tail_max = static_cast<std::int64_t>(kEndRecord + kCommentMax + kZip64Locator);
    std::ifstream in(file, std::ios::binary);
    std::string tail(static_cast<std::size_t>(std::min(size, tail_max)), '\0');
    in.seekg(size - static_cast<std::int64_t>(tail.size()));
    in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    if (!in) {
        throw_unavailable("intake.unreadable", "a ZIP cannot be read");
    }
    return tail;
}

/// Whether any end record in the tail claims more entries than we read. Asked before the library
/// builds its list of them.
bool claims_too_many(std::string_view tail) {
    constexpr std::string_view end_mark = "PK\x05\x06";
    constexpr std::string_view zip64_mark = "PK\x06\x07";
    for (std::size_t at = tail.find(end_mark); at != std::string_view::npos;
         at = tail.find(end_mark, at + 1)) {
        if (at + kEndRecord > tail.size()) {
            break;
        }
        const auto count = static_cast<std::size_t>(static_cast<unsigned char>(tail[at + 10])) |
                           static_cast<std::size_t>(static_cast<unsigned char>(tail[at + 11]))
                               << 8U;
        const bool zip64 =
            at >= kZip64Locator && tail.substr(at - kZip64Locator, zip64_mark.size()) == zip64_mark;
        if (count > kZipEntriesMax || zip64) {
            return true;
        }
    }
    return false;
}

Error refusal(std::string code, const Bilingual& what, const std::filesystem::path& file) {
    return {ErrorKind::Invalid, std::move(code), in_both(what), file.filename().string(), {}};
}

}  // namespace

ZipStream::ZipStream(zip_t* zip, std::size_t index, std::int64_t packed)
    : file_(zip_fopen_index(zip, index, 0)), packed_(packed), block_(kZipBlock) {
    if (!file_) {
        trouble_ = "zip.damaged";
    }
}

std::string_view ZipStream::next() {
    if (!trouble_.empty()) {
        return {};
    }
    const zip_int64_t got = zip_fread(file_.get(), block_.data(), block_.size());
    if (got < 0) {
        trouble_ = "zip.damaged";
        return {};
    }
    unpacked_ += got;
    if (unpacked_ > kRatioFree && unpacked_ / kZipRatioMax > packed_) {
        trouble_ = "zip.bomb";
        return {};
    }
    return {block_.data(), static_cast<std::size_t>(got)};
}

Result<ZipFile> ZipFile::open(const std::filesystem::path& file) {
    std::error_code trouble;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, trouble));
    if (trouble) {
        throw_unavailable("intake.unreadable", "a ZIP cannot be opened");
    }
    if (size > kZipBytesMax) {
        return refusal("zip.too_large",
                       {"ZIP 超過 200 MB，請分批壓縮。",
                        "A ZIP larger than 200 MB; make "
                        "smaller ones."},
                       file);
    }
    if (claims_too_many(tail_of(file, size))) {
        return refusal("zip.too_many_entries",
                       {"ZIP 內超過 2000 個檔案，或為 ZIP64 格式，請分批壓縮。",
                        "More than 2000 files in a ZIP, or a ZIP64; make smaller ones."},
                       file);
    }
    ZipFile zip(zip_open(file.c_str(), ZIP_RDONLY, nullptr));
    if (!zip.zip_ || zip_get_num_entries(zip.zip_.get(), 0) <= 0) {
        return refusal(
            "zip.empty",
            {"不是 ZIP，或內無檔案，或檔案不完整。", "Not a ZIP, nothing in it, or cut short."},
            file);
    }
    const auto count = static_cast<std::size_t>(zip_get_num_entries(zip.zip_.get(), 0));
    for (std::size_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        const char* name = zip_get_name(zip.zip_.get(), i, ZIP_FL_ENC_RAW);
        if (name == nullptr || zip_stat_index(zip.zip_.get(), i, ZIP_FL_ENC_RAW, &stat) != 0) {
            return refusal(
                "zip.damaged",
                {"ZIP 檔損毀，請重新壓縮或複製。", "A damaged ZIP; copy or make it again."}, file);
        }
        const std::string_view shown(name);
        zip.entries_.push_back({std::string(shown), static_cast<std::int64_t>(stat.comp_size),
                                stat.encryption_method != ZIP_EM_NONE,
                                shown.ends_with('/') || shown.ends_with('\\')});
    }
    return zip;
}

std::unique_ptr<ZipStream> ZipFile::read(std::size_t index) const {
    return std::make_unique<ZipStream>(zip_.get(), index, entries_.at(index).packed);
}

}  // namespace sealdesk::intake
