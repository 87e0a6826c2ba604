#pragma once

#include <filesystem>
#include <string>

namespace sealdesk::scheme {

/// A copy of forms/ in a folder of its own, to be spoiled by a test; removed afterwards.
class FormsCopy {
public:
    FormsCopy();
    ~FormsCopy();
    FormsCopy(const FormsCopy&) = delete;
    FormsCopy& operator=(const FormsCopy&) = delete;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    /// Replaces the one place where `from` stands in a file of the copy, and returns the line
    /// (from 1) of that place. Fails the test when it stands there never or more than once.
    int replace(const std::string& file, const std::string& from, const std::string& to) const;

private:
    std::filesystem::path folder_;
};

}  // namespace sealdesk::scheme
