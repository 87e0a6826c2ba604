#include "store/files.h"

#include <algorithm>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"

namespace sealdesk::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSha256HexDigits = 64;

bool is_file_name(std::string_view sha256) {
    return sha256.size() == kSha256HexDigits &&
           sha256.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Makes the entry of a new folder survive a power cut; a folder that is there is left alone.
void make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
        std::error_code error;
        if (!fs::is_directory(folder, error)) {
            throw_unavailable("file.not_written",
                              "The folder " + folder.string() + " cannot be made.");
        }
        return;
    }
    const int parent = ::open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0) {
        ::fsync(parent);
        ::close(parent);
    }
}

/// True when the file is there and holds these bytes.
bool holds(const fs::path& file, std::string_view bytes) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    return !error && size == bytes.size() && read_file(file) == bytes;
}

}  // namespace

FileStore::FileStore(const fs::path& root) : root_(fs::absolute(root).lexically_normal()) {}

std::string FileStore::put(std::string_view bytes) {
    std::string name = sha256_hex(bytes);
    const fs::path file = path_of(name);
    if (!holds(file, bytes)) {
        make_folder(root_);
        make_folder(file.parent_path());
        write_file_durably(file, bytes, FileAccess::Owner);
    }
    return name;
}

std::string FileStore::get(std::string_view sha256) const {
    const fs::path file = path_of(sha256);
    std::error_code error;
    if (!fs::exists(file, error)) {
        throw_internal("files.missing",
                       "The file " + file.string() + " is gone; bring it back from a backup.");
    }
    std::string bytes = read_file(file);
    if (sha256_hex(bytes) != sha256) {
        throw_internal("files.damaged",
                       "The file " + file.string() + " is damaged; bring it back from a backup.");
    }
    return bytes;
}

bool FileStore::has(std::string_view sha256) const {
    std::error_code error;
    return fs::is_regular_file(path_of(sha256), error);
}

fs::path FileStore::path_of(std::string_view sha256) const {
    if (!is_file_name(sha256)) {
        throw_internal("files.bad_name", "A file's name is not a SHA-256.");
    }
    return root_ / sha256.substr(0, 2) / sha256;
}

}  // namespace sealdesk::store
