#include "base/durable_file.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"

namespace sealdesk {
namespace {

constexpr std::size_t kUnknownSize = 4096;  ///< of a pipe or /proc: room to begin with

[[noreturn]] void fail_to_write(const std::filesystem::path& file) {
    throw_unavailable("file.not_written", "The file " + file.string() +
                                              " cannot be written; check the disk and its "
                                              "permissions.");
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void sync_folder_of(const std::filesystem::path& file) {
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) {
        fail_to_write(file);
    }
}

mode_t mode_of(FileAccess access) { return access == FileAccess::Owner ? 0600 : 0644; }

}  // namespace

std::string read_file(const std::filesystem::path& file) {
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0) {
        if (errno == ENOENT) {
            throw Failure(Error{ErrorKind::NotFound,
                                "file.missing",
                                "There is no file " + file.string() + ".",
                                file.string(),
                                {}});
        }
        throw_unavailable("file.unreadable", "The file " + file.string() + " cannot be opened.");
    }
    struct stat status {};
    const bool known = ::fstat(opened.get(), &status) == 0 && status.st_size > 0;
    // One byte more than the file should have, so that its end is met without another round.
    std::string content(known ? std::size_t(status.st_size) + 1 : kUnknownSize, '\0');
    std::size_t used = 0;
    while (true) {
        const ssize_t count = ::read(opened.get(), content.data() + used, content.size() - used);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throw_unavailable("file.unreadable", "The file " + file.string() + " cannot be read.");
        }
        if (count == 0) {
            content.resize(used);
            return content;
        }
        used += std::size_t(count);
        if (used == content.size()) {
            content.resize(2 * used);
        }
    }
}

void write_file_durably(const std::filesystem::path& file, std::string_view bytes,
                        FileAccess access) {
    // A name of its own per process and call: two writers of one file must not share it.
    static std::atomic<unsigned> serial{0};
    const std::filesystem::path beside = file.string() + "." + std::to_string(::getpid()) + "." +
                                         std::to_string(serial.fetch_add(1)) + ".part";
    {
        const Descriptor opened(
            ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_of(access)));
        const bool written = opened.get() >= 0 && ::fchmod(opened.get(), mode_of(access)) == 0 &&
                             write_all(opened.get(), bytes) && ::fsync(opened.get()) == 0;
        if (!written) {
            ::unlink(beside.c_str());
            fail_to_write(file);
        }
    }
    rename_durably(beside, file);
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        ::unlink(from.c_str());
        fail_to_write(to);
    }
    sync_folder_of(to);
}

void append_line_durably(const std::filesystem::path& file, std::string_view line) {
    const bool existed = std::filesystem::exists(file);
    const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                                   mode_of(FileAccess::Owner)));
    const std::string whole = std::string(line) + "\n";
    if (opened.get() < 0 || !write_all(opened.get(), whole) || ::fsync(opened.get()) != 0) {
        fail_to_write(file);
    }
    if (!existed) {
        sync_folder_of(file);
    }
}

}  // namespace sealdesk
