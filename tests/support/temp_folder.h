#pragma once

#include <filesystem>

namespace sealdesk::test {

/// A fresh folder of mode 0700, removed with all it holds when the object goes. Below
/// $TMPDIR, or else in memory (/dev/shm) when there is enough of it: tests need no durable files.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace sealdesk::test
