#include "slips/print_folder.h"

#include <array>
#include <cstdio>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "slips/print_batch.h"

namespace sealdesk::slips {
namespace {

void make_private_folder(const std::filesystem::path& folder) {
    std::error_code trouble;
    if (std::filesystem::create_directories(folder, trouble)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, trouble);
    }
    if (trouble) {
        throw_unavailable("slips.folder_unusable", "The print folder cannot be made.");
    }
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
    make_private_folder(folder);
    make_private_folder(folder / "queue");
    descriptor_ = ::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
        throw_unavailable("slips.folder_unusable", "The print folder cannot be written to.");
    }
    held_ = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

FolderLock::~FolderLock() { ::close(descriptor_); }

std::filesystem::path batch_file(const std::filesystem::path& folder, std::string_view number) {
    return folder / (std::string(number) + ".pdf.p7m");
}

std::string sealed_part_name(std::string_view number, int which) {
    std::array<char, 16> tail{};
    std::snprintf(tail.data(), tail.size(), "-R%03d", which);
    return std::string(number) + tail.data() + ".pdf.p7m";
}

std::filesystem::path manifest_file(const std::filesystem::path& folder, std::string_view number) {
    return folder / (std::string(number) + ".json");
}

std::filesystem::path queue_file(const std::filesystem::path& folder, std::string_view number) {
    return folder / "queue" / (std::string(number) + ".pdf");
}

std::filesystem::path unreleased_file(const std::filesystem::path& folder,
                                      std::string_view number) {
    return folder / "queue" / ("." + std::string(number) + ".pdf");
}

void remove_batch_files(const std::filesystem::path& folder, std::string_view number) {
    std::error_code trouble;
    for (const auto& entry : std::filesystem::directory_iterator(folder, trouble)) {
        if (entry.is_regular_file(trouble) &&
            entry.path().filename().string().starts_with(number)) {
            std::filesystem::remove(entry.path(), trouble);
        }
    }
}

void forget_queue_file(const std::filesystem::path& folder, std::string_view batch_number) {
    for (const auto& file :
         {queue_file(folder, batch_number), unreleased_file(folder, batch_number)}) {
        std::error_code absent;
        const auto size = std::filesystem::file_size(file, absent);
        if (absent) {
            continue;
        }
        // Best effort on a journalling disk; the folder belongs on an encrypted one (README).
        const std::string blank(std::size_t(64) * 1024, '\0');
        std::ofstream over(file, std::ios::binary | std::ios::in);
        for (std::uintmax_t at = 0; at < size && over; at += blank.size()) {
            over.write(blank.data(),
                       std::streamsize(std::min<std::uintmax_t>(blank.size(), size - at)));
        }
        over.close();
        std::filesystem::remove(file, absent);
    }
}

}  // namespace sealdesk::slips
