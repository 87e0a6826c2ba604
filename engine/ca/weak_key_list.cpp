#include "ca/weak_key_list.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

constexpr std::size_t kSha1Bytes = 20;

bool is_mark(std::string_view line, std::size_t digits) {
    return line.size() == digits &&
           line.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Outcome WeakKeyList::add_file(const std::filesystem::path& file) {
    const std::string text = read_file(file);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line(text.data() + at, end - at);
        at = end + 1;
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        Mark mark{};
        if (!is_mark(line, 2 * mark.size())) {
            return Error{ErrorKind::Invalid,
                         "ca.bad_key_list",
                         "A line of a list of weak keys has 20 hexadecimal digits, small letters.",
                         file.string() + ":" + std::to_string(number),
                         {}};
        }
        std::ranges::copy(from_hex(line), mark.begin());
        marks_.push_back(mark);
    }
    return done();
}

Result<WeakKeyList> WeakKeyList::read(const std::filesystem::path& folder) {
    WeakKeyList list;
    std::size_t files = 0;
    std::error_code failed;  // no folder: no file
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        if (!entry.path().filename().string().starts_with("blacklist.RSA-")) {
            continue;
        }
        const Outcome added = list.add_file(entry.path());
        if (!added) {
            return added.error();
        }
        ++files;
    }
    if (files == 0) {
        return Error{ErrorKind::Invalid,
                     "ca.no_key_list",
                     "There is no list of weak keys (blacklist.RSA-2048 …) in the folder that the "
                     "setting ca.weak_keys names.",
                     folder.string(),
                     {}};
    }
    std::ranges::sort(list.marks_);
    return list;
}

bool WeakKeyList::has(std::string_view modulus) const {
    if (marks_.empty()) {
        return false;
    }
    const std::string text = "Modulus=" + to_upper_ascii(to_hex(modulus)) + "\n";
    std::array<unsigned char, kSha1Bytes> sha1{};
    crypto::require(
        EVP_Digest(text.data(), text.size(), sha1.data(), nullptr, EVP_sha1(), nullptr) == 1,
        "EVP_Digest");
    Mark mark{};
    std::copy(sha1.end() - mark.size(), sha1.end(), mark.begin());
    return std::ranges::binary_search(marks_, mark);
}

}  // namespace sealdesk::ca
