#include "intake/inside.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace sealdesk::intake {

namespace {

Error scan_error(std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), {}, {}};
}

Error open_error(int trouble) {
    if (trouble == ELOOP || trouble == ENOTDIR) {
        return scan_error("scan.not_a_file", "a link, or a file where a folder should be");
    }
    if (trouble == ENOENT || trouble == ENAMETOOLONG || trouble == EINVAL) {
        return scan_error("scan.missing", "no such file in the batch");
    }
    if (trouble == EACCES || trouble == EPERM) {
        return scan_error("scan.not_a_file", "the file may not be read");
    }
    throw_unavailable("intake.unreadable", "a scan cannot be opened");
}

Result<std::string> read_descriptor(int fd, std::int64_t bytes_max) {
    struct stat status {};
    if (fstat(fd, &status) != 0) {
        throw_unavailable("intake.unreadable", "a scan cannot be read");
    }
    if (!S_ISREG(status.st_mode)) {
        return scan_error("scan.not_a_file", "not a plain file");
    }
    if (status.st_size > bytes_max) {
        return scan_error("scan.too_large", "the file is too large");
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = ::read(fd, bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw_unavailable("intake.unreadable", "a scan cannot be read");
        }
        if (got == 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

}  // namespace

Result<std::string> name_inside(std::string_view written) {
    std::string name(written);
    std::ranges::replace(name, '\\', '/');
    const bool drive = name.size() >= 2 && name[1] == ':';
    if (name.starts_with('/') || drive || name.find('\0') != std::string::npos) {
        return scan_error("scan.outside", "an absolute file name");
    }
    std::string inside;
    for (const std::string& part : split(name, '/')) {
        if (part == "..") {
            return scan_error("scan.outside", "the file name leaves the batch");
        }
        if (!part.empty() && part != ".") {
            inside.append(inside.empty() ? 0 : 1, '/');
            inside.append(part);
        }
    }
    if (inside.empty()) {
        return scan_error("scan.missing", "no file name");
    }
    return inside;
}

std::string beside(std::string_view data_file, std::string_view name) {
    const std::size_t slash = data_file.rfind('/');
    std::string path(slash == std::string_view::npos ? "" : data_file.substr(0, slash + 1));
    return path.append(name);
}

InsideFolder::InsideFolder(const std::filesystem::path& root)
    : root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

Result<std::string> InsideFolder::read(const std::string& inside, std::int64_t bytes_max) const {
    Descriptor here(-1);
    const std::vector<std::string> parts = split(inside, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // Non-blocking, so that a pipe of that name cannot stop the import.
        const int kind = i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK;
        Descriptor next(::openat(i == 0 ? root_.get() : here.get(), parts[i].c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
        if (!next.is_open()) {
            return open_error(errno);
        }
        here = std::move(next);
    }
    return read_descriptor(here.get(), bytes_max);
}

bool is_data_file(const std::string& name) {
    constexpr std::array<std::string_view, 10> extensions{".csv",  ".txt", ".tsv", ".json", ".xlsx",
                                                          ".xlsm", ".xls", ".ods", ".xml",  ".zip"};
    const std::string lower = to_lower_ascii(name);
    const std::size_t slash = lower.rfind('/');
    const std::string base = slash == std::string::npos ? lower : lower.substr(slash + 1);
    if (base.starts_with('.') || base.starts_with('~') || base.ends_with(".result.csv") ||
        base.ends_with(".result.xlsx") || lower.starts_with("__macosx/") ||
        lower.find("/__macosx/") != std::string::npos) {
        return false;
    }
    return std::ranges::any_of(
        extensions, [&](std::string_view extension) { return base.ends_with(extension); });
}

}  // namespace sealdesk::intake
