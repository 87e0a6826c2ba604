#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sealdesk::store {

/// Files named by their content's SHA-256, in the desk's folder: scans, forms, print batches. A
/// row refers to a file by that name, so a file never changes and can be written before the
/// transaction that refers to it (one that no row refers to does no harm). Folders have mode
/// 0700 and files 0600.
class FileStore {
public:
    explicit FileStore(const std::filesystem::path& root);

    /// Keeps the bytes and returns their SHA-256 (64 lower-case hexadecimal digits). When it
    /// returns, the file survives a power cut. Putting the same bytes again changes nothing, and
    /// mends a damaged file. Throws Failure file.not_written (Unavailable).
    [[nodiscard]] std::string put(std::string_view bytes);

    /// The bytes, checked against their name. Throws Failure files.missing, files.damaged
    /// (Internal: what a row refers to must be there) or file.unreadable (Unavailable).
    [[nodiscard]] std::string get(std::string_view sha256) const;

    /// True when there is a file of that name (its content is not looked at).
    [[nodiscard]] bool has(std::string_view sha256) const;

    /// Where a file lies: root/ab/abcdef…. Throws Failure files.bad_name (Internal) when the text
    /// is not a SHA-256.
    [[nodiscard]] std::filesystem::path path_of(std::string_view sha256) const;

private:
    std::filesystem::path root_;
};

}  // namespace sealdesk::store
