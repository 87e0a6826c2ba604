#pragma once

// Inside of slips/ only: the files of the print folder.

#include <filesystem>
#include <string>
#include <string_view>

namespace sealdesk::slips {

/// One process at a time works in a print folder. The lock belongs to the process and dies with
/// it, so a killed maker leaves none behind.
class FolderLock {
public:
    /// Makes the folder (mode 0700) when there is none. Throws Failure slips.folder_unusable
    /// (Unavailable).
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    [[nodiscard]] bool held() const { return held_; }

private:
    int descriptor_ = -1;
    bool held_ = false;
};

// Names of a batch's files. Batch numbers are made by us: letters, digits and hyphens.
[[nodiscard]] std::filesystem::path batch_file(const std::filesystem::path& folder,
                                               std::string_view number);
/// `which` counts from 1.
[[nodiscard]] std::string sealed_part_name(std::string_view number, int which);
[[nodiscard]] std::filesystem::path manifest_file(const std::filesystem::path& folder,
                                                  std::string_view number);
[[nodiscard]] std::filesystem::path queue_file(const std::filesystem::path& folder,
                                               std::string_view number);
/// Removes what an earlier making of the batch left: its encrypted files and manifest.
void remove_batch_files(const std::filesystem::path& folder, std::string_view number);

/// The queue file before its name is given to it; spoolers pass over names with a dot.
[[nodiscard]] std::filesystem::path unreleased_file(const std::filesystem::path& folder,
                                                    std::string_view number);

}  // namespace sealdesk::slips
