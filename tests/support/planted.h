#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "store/connection.h"

namespace sealdesk::test {

/// Secrets that a test plants or knows, and the search for them in whatever a program leaves
/// behind: as they are, as UTF-16, as base64 and as hexadecimal text, also across line ends;
/// numbers also with the last byte first. Of a number 24 bytes are enough to be found. Not found is
/// what was compressed or encrypted.
class PlantedSecrets {
public:
    void add_text(const std::string& name, std::string_view text);
    void add_number(const std::string& name, std::string_view bytes);
    /// An RSA key's primes and private exponent, or a P-256 key's private value.
    void add_key(const std::string& name, const crypto::KeyPair& key);

    /// "NAME as FORM in PLACE" for each that is in these bytes.
    [[nodiscard]] std::vector<std::string> found_in(const std::string& place,
                                                    std::string_view bytes) const;
    /// The same for the content of each file below the folder.
    [[nodiscard]] std::vector<std::string> found_below(const std::filesystem::path& folder) const;

    /// What the search misses in files that hold everything in every form, written by Python; they
    /// are removed again.
    [[nodiscard]] std::vector<std::string> missed_by_search() const;

private:
    struct Needle {
        std::string name;
        std::string form;
        std::string bytes;
        bool in_text;  ///< to be looked for in text without line ends, blanks and colons
    };
    void add_forms(const std::string& name, const std::string& value);
    std::vector<Needle> needles_;
    std::vector<std::pair<std::string, std::string>> values_;  ///< name, bytes
};

/// Whatever text and bytes a MariaDB database holds, one value a line.
[[nodiscard]] std::string content_of(store::Connection& mariadb);

/// Sees every file that is made in a folder, also one that is gone again.
class FolderWatch {
public:
    explicit FolderWatch(const std::filesystem::path& folder);
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    /// Names of what was made since the last call.
    [[nodiscard]] std::vector<std::string> made() const;

private:
    int descriptor_;
};

}  // namespace sealdesk::test
