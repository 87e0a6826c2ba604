#include "support/planted.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 24;  ///< bytes of a number that are looked for

std::string to_utf16(std::string_view text, bool low_first) {
    std::string bytes;
    for (const char32_t unit : to_code_points(text)) {
        if (unit > 0xffff) {
            throw std::runtime_error("plant characters of the first plane only");
        }
        const std::array<char, 2> pair{static_cast<char>(unit >> 8U), static_cast<char>(unit)};
        bytes += pair[low_first ? 1 : 0];
        bytes += pair[low_first ? 0 : 1];
    }
    return bytes;
}

/// The part of a longer base64 text that shows the value when so many bytes, modulo 3, stand
/// before it.
std::string in_base64(const std::string& value, std::size_t before) {
    const std::string all = to_base64(std::string(before, '\0') + value);
    const std::size_t begin = before == 0 ? 0 : before + 1;
    const std::size_t end = (before + value.size()) * 8 / 6;
    return all.substr(begin, end - begin);
}

/// Without what stands between the lines of PEM, of hexadecimal text, and "\n" as JSON writes it.
std::string joined(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && i + 1 < text.size() && text[i + 1] == 'n') {
            ++i;
        } else if (c != '\n' && c != '\r' && c != '\t' && c != ' ' && c != ':') {
            out += c;
        }
    }
    return out;
}

std::string number_of(const crypto::KeyPair& key, const char* parameter) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key.native(), parameter, &number) != 1) {
        throw std::runtime_error("not the key it was taken for");
    }
    std::string bytes(std::size_t(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_clear_free(number);
    return bytes;
}

// Reads NAME.value; noise before and after it, so that base64 stands at another place.
constexpr const char* kControl = R"(
import base64, glob
for number, file in enumerate(sorted(glob.glob('*.value'))):
    value = open(file, 'rb').read()
    plain = b'noise'[:number % 3] + value + b'more'
    stem = file[:-len('.value')]
    def write(form, data): open(stem + '.' + form, 'wb').write(data)
    write('plain', plain)
    write('base64', base64.encodebytes(plain))
    write('hex', plain.hex().encode())
    write('HEX', plain.hex(':').upper().encode())
    if stem.startswith('text'):
        write('utf-16le', value.decode().encode('utf-16le'))
        write('utf-16be', value.decode().encode('utf-16be'))
    else:
        write('reversed', plain[::-1])
)";

}  // namespace

void PlantedSecrets::add_forms(const std::string& name, const std::string& value) {
    needles_.push_back({name, "plain", value, false});
    for (std::size_t before = 0; before < 3; ++before) {
        needles_.push_back({name, "base64", in_base64(value, before), true});
    }
    needles_.push_back({name, "hex", to_hex(value), true});
    needles_.push_back({name, "HEX", to_upper_ascii(to_hex(value)), true});
}

void PlantedSecrets::add_text(const std::string& name, std::string_view text) {
    values_.emplace_back(name, text);
    add_forms(name, std::string(text));
    needles_.push_back({name, "utf-16le", to_utf16(text, true), false});
    needles_.push_back({name, "utf-16be", to_utf16(text, false), false});
}

void PlantedSecrets::add_number(const std::string& name, std::string_view bytes) {
    if (bytes.size() < kPiece) {
        throw std::runtime_error("too short to be looked for");
    }
    values_.emplace_back(name, bytes);
    std::string piece(bytes.substr((bytes.size() - kPiece) / 2, kPiece));
    add_forms(name, piece);
    std::ranges::reverse(piece);
    needles_.push_back({name, "reversed", std::move(piece), false});
}

void PlantedSecrets::add_key(const std::string& name, const crypto::KeyPair& key) {
    if (!key.is_rsa()) {
        return add_number(name + ", private value", number_of(key, OSSL_PKEY_PARAM_PRIV_KEY));
    }
    add_number(name + ", p", number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1));
    add_number(name + ", q", number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2));
    add_number(name + ", d", number_of(key, OSSL_PKEY_PARAM_RSA_D));
}

std::vector<std::string> PlantedSecrets::found_in(const std::string& place,
                                                  std::string_view bytes) const {
    const std::string text = joined(bytes);
    std::vector<std::string> found;
    for (const Needle& needle : needles_) {
        const std::string_view hay = needle.in_text ? std::string_view(text) : bytes;
        if (hay.find(needle.bytes) != std::string_view::npos) {
            found.push_back(needle.name + " as " + needle.form + " in " + place);
        }
    }
    return found;
}

std::vector<std::string> PlantedSecrets::found_below(const fs::path& folder) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string place = fs::relative(entry.path(), folder).string();
        auto here = found_in("the name of " + place, entry.path().filename().string());
        if (entry.is_regular_file()) {
            const auto inside = found_in(place, read_file(entry.path()));
            here.insert(here.end(), inside.begin(), inside.end());
        }
        found.insert(found.end(), here.begin(), here.end());
    }
    return found;
}

std::vector<std::string> PlantedSecrets::missed_by_search() const {
    const TempFolder folder;
    std::set<std::string> wanted;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const std::string& name = values_[i].first;
        const bool is_text = std::ranges::any_of(needles_, [&](const Needle& needle) {
            return needle.name == name && needle.form == "utf-16le";
        });
        const std::string stem = (is_text ? "text" : "number") + std::to_string(i);
        write_file_durably(folder.path() / (stem + ".value"), values_[i].second, FileAccess::Owner);
        for (const Needle& needle : needles_) {
            if (needle.name == name) {
                std::string line = name;
                line.append(" as ").append(needle.form).append(" in ").append(stem);
                wanted.insert(line.append(".").append(needle.form));
            }
        }
    }
    write_file_durably(folder.path() / "control.py", kControl, FileAccess::Owner);
    const auto made = run_command("cd '" + folder.path().string() + "' && python3 control.py");
    for (const std::string& one : found_below(folder.path())) {
        wanted.erase(one);
    }
    std::vector<std::string> missed(wanted.begin(), wanted.end());
    if (!made.succeeded()) {
        missed.push_back(made.output);
    }
    return missed;
}

std::string content_of(store::Connection& mariadb) {
    std::string content;
    const auto columns = mariadb.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
        "DATABASE() AND character_maximum_length IS NOT NULL",
        {});
    for (const store::Row& column : columns) {
        const std::string& name = column.text(1);
        std::string query = "SELECT HEX(`";
        query.append(name).append("`) FROM `").append(column.text(0)).append("` WHERE `");
        query.append(name).append("` IS NOT NULL");
        for (const store::Row& row : mariadb.query(query, {})) {
            content.append(from_hex(row.text(0))).append("\n");
        }
    }
    return content;
}

FolderWatch::FolderWatch(const fs::path& folder) : descriptor_(::inotify_init1(IN_NONBLOCK)) {
    if (::inotify_add_watch(descriptor_, folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
        throw std::runtime_error("the folder cannot be watched");
    }
}

FolderWatch::~FolderWatch() { ::close(descriptor_); }

std::vector<std::string> FolderWatch::made() const {
    std::vector<std::string> names;
    alignas(inotify_event) std::array<char, 65536> buffer{};
    ssize_t size = 0;
    while ((size = ::read(descriptor_, buffer.data(), buffer.size())) > 0) {
        for (std::size_t at = 0; at < std::size_t(size);) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            names.emplace_back(event->len == 0 ? "" : event->name);
            at += sizeof(inotify_event) + event->len;
        }
    }
    return names;
}

}  // namespace sealdesk::test
