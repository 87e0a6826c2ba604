#include "intake/bundle.h"

#include <algorithm>
#include <map>
#include <utility>

#include "image/image.h"
#include "intake/inside.h"
#include "intake/messages.h"
#include "intake/zip_bundle.h"

namespace sealdesk::intake {

namespace {

Error bundle_error(std::string code, const Bilingual& what, const std::filesystem::path& path) {
    return {ErrorKind::Invalid, std::move(code), in_both(what), path.filename().string(), {}};
}

/// Scans below a folder, named relative to a data file in it.
class FolderScans final : public ScanReader {
public:
    FolderScans(const std::filesystem::path& root, std::string data_file)
        : folder_(root), data_file_(std::move(data_file)) {}

    [[nodiscard]] Result<std::string> read(std::string_view name) override {
        const auto inside = name_inside(name);
        if (!inside) {
            return inside.error();
        }
        return folder_.read(beside(data_file_, *inside), image::Limits{}.bytes_max);
    }

private:
    InsideFolder folder_;
    std::string data_file_;
};

/// A folder, or one file of it.
class FolderBundle final : public Bundle {
public:
    FolderBundle(std::filesystem::path root, std::vector<std::string> data_files,
                 std::vector<Error> refusals)
        : root_(std::move(root)),
          data_files_(std::move(data_files)),
          refusals_(std::move(refusals)) {}

    [[nodiscard]] const std::vector<std::string>& data_files() const override {
        return data_files_;
    }
    [[nodiscard]] const std::vector<Error>& refusals() const override { return refusals_; }
    [[nodiscard]] std::filesystem::path path_of(const std::string& data_file) const override {
        return root_ / data_file;
    }
    [[nodiscard]] std::unique_ptr<ScanReader> scans_of(
        const std::string& data_file) const override {
        return std::make_unique<FolderScans>(root_, data_file);
    }
    [[nodiscard]] std::filesystem::path result_path(const std::string& data_file) const override {
        return root_ / (data_file + ".result.csv");
    }

private:
    std::filesystem::path root_;
    std::vector<std::string> data_files_;
    std::vector<Error> refusals_;
};

/// The data files of a folder and of the folders in it; links are not followed.
Result<std::unique_ptr<Bundle>> open_folder(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::vector<Error> refusals;
    std::size_t seen = 0;
    std::error_code trouble;
    std::filesystem::recursive_directory_iterator walk(folder, trouble);
    for (; !trouble && walk != std::filesystem::recursive_directory_iterator();
         walk.increment(trouble)) {
        if (++seen > kFolderFilesMax) {
            return bundle_error("bundle.too_many_files",
                                {"資料夾內檔案過多，請分批匯入。",
                                 "Too many files in the folder; import it in parts."},
                                folder);
        }
        const std::string name = walk->path().lexically_relative(folder).generic_string();
        if (walk->path().filename().string().starts_with('.')) {
            walk.disable_recursion_pending();
            continue;
        }
        if (!is_data_file(name)) {
            continue;
        }
        if (walk->symlink_status(trouble).type() == std::filesystem::file_type::regular) {
            names.push_back(name);
        } else if (walk->is_symlink(trouble)) {
            refusals.push_back(bundle_error("bundle.link",
                                            {"捷徑或連結不予讀取，請放入檔案本身。",
                                             "Links are not followed; put the file itself here."},
                                            walk->path()));
        }
    }
    if (trouble) {
        throw_unavailable("intake.unreadable", "a folder cannot be read");
    }
    if (names.empty() && refusals.empty()) {
        return bundle_error("bundle.empty",
                            {"沒有資料檔（CSV、XLSX、JSON、XML、ZIP）。",
                             "No data file here (CSV, XLSX, JSON, XML, ZIP)."},
                            folder);
    }
    std::ranges::sort(names);
    return std::unique_ptr<Bundle>(
        std::make_unique<FolderBundle>(folder, std::move(names), std::move(refusals)));
}

}  // namespace

Result<std::unique_ptr<Bundle>> open_bundle(const std::filesystem::path& path,
                                            const std::filesystem::path& scratch) {
    std::error_code trouble;
    const auto real = std::filesystem::canonical(path, trouble);
    if (trouble) {
        return bundle_error(
            "bundle.not_found",
            {"找不到檔案或資料夾，請核對路徑。", "No such file or folder; check the path."}, path);
    }
    if (std::filesystem::is_directory(real, trouble)) {
        return open_folder(real);
    }
    if (!std::filesystem::is_regular_file(real, trouble)) {
        return bundle_error("bundle.not_found", {"不是一般檔案。", "Not a plain file."}, path);
    }
    if (to_lower_ascii(real.extension().string()) == ".zip") {
        return open_zip(real, scratch);
    }
    return std::unique_ptr<Bundle>(std::make_unique<FolderBundle>(
        real.parent_path(), std::vector<std::string>{real.filename().string()},
        std::vector<Error>{}));
}

}  // namespace sealdesk::intake
