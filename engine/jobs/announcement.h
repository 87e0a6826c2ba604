#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "jobs/figures.h"
#include "scheme/scheme.h"

// What the website announces each month: the numbers of certificates issued and revoked (T 4.13.1).
namespace sealdesk::jobs {

/// Numbers only: of kinds of certificate, never of people (M 2.8.1).
struct Announcement {
    const scheme::Scheme& scheme;
    std::chrono::year_month month;
    std::map<std::string, std::int64_t> issued;   ///< by certificate profile
    std::map<std::string, std::int64_t> revoked;  ///< the same profiles
    std::int64_t first_event = 0;                 ///< of those counted; 0: none
    std::int64_t last_event = 0;

    [[nodiscard]] std::int64_t issued_in_all() const;
    [[nodiscard]] std::int64_t revoked_in_all() const;
};

/// Counts them, each of the scheme's profiles named, from the audit log.
[[nodiscard]] Announcement announcement_of(store::Tx& tx, const scheme::Scheme& scheme,
                                           std::chrono::year_month month);

/// A page by itself: no script, nothing from elsewhere.
[[nodiscard]] std::string announced_page(const Announcement& announcement);
[[nodiscard]] std::string announced_csv(const Announcement& announcement);
[[nodiscard]] std::string announced_json(const Announcement& announcement);
[[nodiscard]] std::string announced_text(const Announcement& announcement);

/// The format that the file's name asks for: .html, .csv, .json, .txt. Invalid:
/// report.announcement_format.
[[nodiscard]] Result<std::string> announced_as(const Announcement& announcement,
                                               const std::filesystem::path& file);

}  // namespace sealdesk::jobs
