#include "base/password_file.h"

#include <array>

#include <fcntl.h>
#include <sys/stat.h>

namespace sealdesk {
namespace {

Error refusal(std::string code, std::string detail, const std::string& where) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), where, {}};
}

}  // namespace

Result<Secret> read_password_file(const std::filesystem::path& file) {
    // Non-blocking, so that a pipe of that name cannot stop us.
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!opened.is_open() || ::fstat(opened.get(), &status) != 0) {
        return refusal("password.no_file", "The password file cannot be opened.", file.string());
    }
    if (!S_ISREG(status.st_mode)) {
        return refusal("password.not_a_file", "The password file is not a plain file.",
                       file.string());
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refusal("password.file_open_to_others",
                       "Others can read the password file; set its mode to 0600.", file.string());
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return refusal("password.file_of_another_user",
                       "The password file belongs to another user.", file.string());
    }
    return read_password_line(opened, file.string());
}

Result<Secret> read_password_line(const Descriptor& from, const std::string& where) {
    std::array<char, kPasswordBytesMax + 1> buffer{};
    std::size_t used = 0;
    while (used < buffer.size() && ::read(from.get(), buffer.data() + used, 1) == 1 &&
           buffer[used] != '\n') {
        ++used;
    }
    const bool too_long = used == buffer.size();
    while (used > 0 && buffer[used - 1] == '\r') {
        --used;
    }
    Secret secret(std::string_view(buffer.data(), used));
    wipe(buffer);
    if (too_long) {
        return refusal("password.too_long", "The password has more than 1,024 bytes.", where);
    }
    if (secret.size() == 0) {
        return refusal("password.empty", "The password is empty.", where);
    }
    return secret;
}

}  // namespace sealdesk
