#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sealdesk {

/// Who may read a file that is written.
enum class FileAccess {
    Owner,     ///< mode 0600: keys and whatever else is secret
    Everyone,  ///< mode 0644: certificates, CRLs, reports
};

/// The whole content. Throws Failure: file.missing (NotFound), file.unreadable (Unavailable).
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Replaces the file whole or not at all, and durably: writes beside it, fsync, rename, fsync of
/// the folder. Throws Failure (Unavailable, file.not_written).
void write_file_durably(const std::filesystem::path& file, std::string_view bytes,
                        FileAccess access);

/// Moves a finished file, already on disk, to its final name, durably. Same Failure.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Appends one line (without its newline) in one write, durably; makes the file when absent,
/// mode 0600. Same Failure.
void append_line_durably(const std::filesystem::path& file, std::string_view line);

}  // namespace sealdesk
