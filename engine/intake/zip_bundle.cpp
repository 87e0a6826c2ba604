#include "intake/zip_bundle.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include <sys/stat.h>

#include "image/image.h"
#include "intake/encoding.h"
#include "intake/inside.h"
#include "intake/messages.h"
#include "intake/zip_file.h"

namespace sealdesk::intake {

namespace {

/// A folder of ours that goes with everything in it.
class ScratchFolder {
public:
    explicit ScratchFolder(const std::filesystem::path& parent) {
        std::string name = (parent / "zip-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {  // mode 0700
            throw_unavailable("bundle.scratch", "cannot make a folder to unpack a ZIP in");
        }
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Names in the ZIP → names of ours in the scratch folder.
using UnpackedFiles = std::map<std::string, std::string>;

class ZipScans final : public ScanReader {
public:
    ZipScans(const std::filesystem::path& folder, const UnpackedFiles& files, std::string data_file)
        : folder_(folder), files_(files), data_file_(std::move(data_file)) {}

    [[nodiscard]] Result<std::string> read(std::string_view name) override {
        const auto inside = name_inside(name);
        if (!inside) {
            return inside.error();
        }
        const auto found = files_.find(beside(data_file_, *inside));
        if (found == files_.end()) {
            return Error{ErrorKind::Invalid, "scan.missing", "no such file in the ZIP", {}, {}};
        }
        return folder_.read(found->second, image::Limits{}.bytes_max);
    }

private:
    InsideFolder folder_;
    const UnpackedFiles& files_;
    std::string data_file_;
};

class ZipBundle final : public Bundle {
public:
    ZipBundle(std::filesystem::path zip, const std::filesystem::path& scratch)
        : zip_(std::move(zip)), scratch_(scratch) {}

    [[nodiscard]] const std::vector<std::string>& data_files() const override {
        return data_files_;
    }
    [[nodiscard]] const std::vector<Error>& refusals() const override { return refusals_; }
    [[nodiscard]] std::filesystem::path path_of(const std::string& data_file) const override {
        return scratch_.path() / files_.at(data_file);
    }
    [[nodiscard]] std::unique_ptr<ScanReader> scans_of(
        const std::string& data_file) const override {
        return std::make_unique<ZipScans>(scratch_.path(), files_, data_file);
    }
    [[nodiscard]] std::filesystem::path result_path(const std::string& data_file) const override {
        const auto base = std::filesystem::path(data_file).filename().string();
        return zip_.parent_path() / (zip_.filename().string() + "." + base + ".result.csv");
    }

    /// Unpacks everything; an error refuses the ZIP as a whole.
    Outcome unpack();

private:
    Outcome unpack_entry(const ZipFile& zip, std::size_t index);
    /// Error: the reason to leave the entry out. What it unpacked to counts all the same.
    Outcome copy_entry(ZipStream& stream, const std::filesystem::path& to);

    [[nodiscard]] Error zip_error(std::string code, const Bilingual& what) const {
        return {ErrorKind::Invalid, std::move(code), in_both(what), zip_.filename().string(), {}};
    }
    void leave_out(Error error, const std::string& entry) {
        error.where.append("/").append(entry);
        refusals_.push_back(std::move(error));
    }

    std::filesystem::path zip_;
    ScratchFolder scratch_;
    UnpackedFiles files_;
    std::vector<std::string> data_files_;
    std::vector<Error> refusals_;
    std::int64_t unpacked_ = 0;
};

/// Windows writes names in CP950 unless the name is not in it.
std::string entry_name(const std::string& written) {
    return decode_bytes(written, is_utf8(written) ? Encoding::Utf8 : Encoding::Cp950);
}

bool is_litter(const std::string& name) {
    const std::string base = name.substr(name.rfind('/') + 1);
    return name.starts_with("__MACOSX/") || base.starts_with("._") || base == ".DS_Store" ||
           base == "Thumbs.db" || base == "desktop.ini";
}

Outcome ZipBundle::unpack() {
    const auto zip = ZipFile::open(zip_);
    if (!zip) {
        return zip.error();
    }
    for (std::size_t i = 0; i < zip->entries().size(); ++i) {
        const ZipEntry& entry = zip->entries()[i];
        if (entry.folder || is_litter(entry.name)) {
            continue;
        }
        const Outcome unpacked = unpack_entry(*zip, i);
        if (!unpacked) {
            return unpacked.error();
        }
    }
    for (const auto& [name, file] : files_) {
        if (is_data_file(name)) {
            data_files_.push_back(name);
        }
    }
    if (data_files_.empty() && refusals_.empty()) {
        return zip_error("bundle.empty", {"ZIP 內沒有資料檔（CSV、XLSX、JSON、XML）。",
                                          "No data file (CSV, XLSX, JSON, XML) in the ZIP."});
    }
    return done();
}

Outcome ZipBundle::unpack_entry(const ZipFile& zip, std::size_t index) {
    const ZipEntry& entry = zip.entries()[index];
    const std::string shown = entry_name(entry.name);
    const auto inside = name_inside(shown);
    if (!inside || files_.contains(*inside)) {
        leave_out(zip_error("zip.bad_name",
                            {"檔名指向批次以外或重複，此檔未讀取。",
                             "A name that leaves the batch, or is there twice; it was not read."}),
                  shown);
        return done();
    }
    if (entry.encrypted) {
        leave_out(zip_error("zip.encrypted", {"加密的檔案，請以未加密之 ZIP 重新送件。",
                                              "An encrypted entry; send a ZIP without password."}),
                  shown);
        return done();
    }
    const std::string ours = std::to_string(files_.size() + 1);
    const Outcome copied = copy_entry(*zip.read(index), scratch_.path() / ours);
    if (unpacked_ > kZipBytesMax) {
        return zip_error("zip.too_large", {"ZIP 展開後超過 200 MB，請分批壓縮。",
                                           "More than 200 MB when unpacked; make smaller ones."});
    }
    if (!copied) {
        std::error_code ignored;
        std::filesystem::remove(scratch_.path() / ours, ignored);
        leave_out(copied.error(), shown);
        return done();
    }
    files_.emplace(*inside, ours);
    return done();
}

Outcome ZipBundle::copy_entry(ZipStream& stream, const std::filesystem::path& to) {
    std::ofstream out(to, std::ios::binary);
    for (std::string_view block = stream.next(); !block.empty() && unpacked_ <= kZipBytesMax;
         block = stream.next()) {
        unpacked_ += static_cast<std::int64_t>(block.size());
        out.write(block.data(), static_cast<std::streamsize>(block.size()));
    }
    out.close();
    if (!out) {
        throw_unavailable("bundle.scratch", "cannot write what a ZIP unpacks to");
    }
    if (stream.trouble() == "zip.bomb") {
        return zip_error("zip.bomb",
                         {"壓縮比異常（展開逾 200 倍），此檔未讀取。",
                          "It unpacks to more than 200 times its size; it was not read."});
    }
    if (!stream.trouble().empty()) {
        return zip_error("zip.damaged",
                         {"內容損毀，請重新壓縮。", "Damaged content; make the ZIP again."});
    }
    return done();
}

}  // namespace

Result<std::unique_ptr<Bundle>> open_zip(const std::filesystem::path& zip,
                                         const std::filesystem::path& scratch) {
    auto bundle = std::make_unique<ZipBundle>(zip, scratch);
    const Outcome unpacked = bundle->unpack();
    if (!unpacked) {
        return unpacked.error();
    }
    return std::unique_ptr<Bundle>(std::move(bundle));
}

}  // namespace sealdesk::intake
