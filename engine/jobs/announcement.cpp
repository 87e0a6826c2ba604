#include "jobs/announcement.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "jobs/month_words.h"
#include "jobs/page_parts.h"

namespace sealdesk::jobs {
namespace {

constexpr std::string_view kIssued = "certificates.issued";
constexpr std::string_view kRevoked = "certificates.revoked";
constexpr const char* kTextName = "statistics";  // of the scheme's definition

std::int64_t sum(const std::map<std::string, std::int64_t>& counts) {
    std::int64_t all = 0;
    for (const auto& [profile, count] : counts) {
        all += count;
    }
    return all;
}

/// What the scheme says over its numbers; without a text, what they are.
Bilingual introduction(const scheme::Scheme& scheme) {
    const auto text = scheme.texts.find(kTextName);
    return text == scheme.texts.end() ? Bilingual{"每月簽發、廢止憑證統計數字。",
                                                  "Certificates issued and revoked each month."}
                                      : text->second;
}

Bilingual heading(const Announcement& announcement) {
    const Bilingual month = words_of_month(announcement.month);
    const Bilingual& scheme = announcement.scheme.title;
    return {scheme.zh + "　" + month.zh + "簽發及廢止憑證統計",
            scheme.en + ": certificates issued and revoked, " + month.en};
}

std::string table_of(const Announcement& announcement) {
    std::string html =
        "<table><caption>憑證統計 <span lang=\"en\">Certificates</span></caption><thead><tr><th "
        "scope=\"col\">憑證種類 Kind</th><th scope=\"col\">簽發 Issued</th><th "
        "scope=\"col\">廢止 Revoked</th></tr></thead><tbody>";
    for (const auto& [profile, issued] : announcement.issued) {
        html += "<tr><th scope=\"row\">" + to_html(profile) + "</th><td>" + std::to_string(issued) +
                "</td><td>" + std::to_string(announcement.revoked.at(profile)) + "</td></tr>";
    }
    return html + "</tbody><tfoot><tr><th scope=\"row\">合計 Total</th><td>" +
           std::to_string(announcement.issued_in_all()) + "</td><td>" +
           std::to_string(announcement.revoked_in_all()) + "</td></tr></tfoot></table>";
}

}  // namespace

std::int64_t Announcement::issued_in_all() const { return sum(issued); }
std::int64_t Announcement::revoked_in_all() const { return sum(revoked); }

Announcement announcement_of(store::Tx& tx, const scheme::Scheme& scheme,
                             std::chrono::year_month month) {
    Announcement announcement{scheme, month, {}, {}};
    for (const std::string& profile : scheme.profiles) {
        announcement.issued[profile] = 0;
        announcement.revoked[profile] = 0;
    }
    constexpr std::array<std::string_view, 2> names{kIssued, kRevoked};
    for (const auto& [key, figure] : count_figures(tx, month_in_taipei(month), names)) {
        if (key.scheme != scheme.id) {
            continue;
        }
        announcement.issued[key.kind] += key.name == kIssued ? figure.count : 0;
        announcement.revoked[key.kind] += key.name == kRevoked ? figure.count : 0;
        announcement.first_event = announcement.first_event == 0
                                       ? figure.first_event
                                       : std::min(announcement.first_event, figure.first_event);
        announcement.last_event = std::max(announcement.last_event, figure.last_event);
    }
    return announcement;
}

std::string announced_page(const Announcement& announcement) {
    const Bilingual title = heading(announcement);
    const Bilingual text = introduction(announcement.scheme);
    return page_of(title, "<p>" + to_html(text.zh) + "</p><p lang=\"en\">" + to_html(text.en) +
                              "</p>" + table_of(announcement) + "<p class=\"small\">" +
                              to_html(announcement.scheme.authority.name.zh) +
                              " <span lang=\"en\">" +
                              to_html(announcement.scheme.authority.name.en) + "</span></p>");
}

std::string announced_csv(const Announcement& announcement) {
    std::string csv = "\xEF\xBB\xBFmonth,scheme,kind,issued,revoked\r\n";
    for (const auto& [profile, issued] : announcement.issued) {
        csv += to_iso_text(announcement.month) + "," + to_csv_cell(announcement.scheme.id) + "," +
               to_csv_cell(profile) + "," + std::to_string(issued) + "," +
               std::to_string(announcement.revoked.at(profile)) + "\r\n";
    }
    return csv;
}

std::string announced_json(const Announcement& announcement) {
    nlohmann::json kinds = nlohmann::json::array();
    for (const auto& [profile, issued] : announcement.issued) {
        kinds.push_back(
            {{"kind", profile}, {"issued", issued}, {"revoked", announcement.revoked.at(profile)}});
    }
    return nlohmann::json{{"schema", "sealdesk-statistics-1"},
                          {"month", to_iso_text(announcement.month)},
                          {"scheme", announcement.scheme.id},
                          {"issued", announcement.issued_in_all()},
                          {"revoked", announcement.revoked_in_all()},
                          {"kinds", kinds},
                          {"first_event", announcement.first_event},
                          {"last_event", announcement.last_event}}
               .dump() +
           "\n";
}

std::string announced_text(const Announcement& announcement) {
    const Bilingual title = heading(announcement);
    const Bilingual text = introduction(announcement.scheme);
    std::string lines = title.zh + "\n" + title.en + "\n\n" + text.zh + "\n" + text.en + "\n\n";
    for (const auto& [profile, issued] : announcement.issued) {
        lines += profile + "　簽發 issued " + std::to_string(issued) + "　廢止 revoked " +
                 std::to_string(announcement.revoked.at(profile)) + "\n";
    }
    return lines + "合計 total　簽發 issued " + std::to_string(announcement.issued_in_all()) +
           "　廢止 revoked " + std::to_string(announcement.revoked_in_all()) + "\n";
}

Result<std::string> announced_as(const Announcement& announcement,
                                 const std::filesystem::path& file) {
    const std::string extension = to_lower_ascii(file.extension().string());
    if (extension == ".html") {
        return announced_page(announcement);
    }
    if (extension == ".csv") {
        return announced_csv(announcement);
    }
    if (extension == ".json") {
        return announced_json(announcement);
    }
    if (extension == ".txt") {
        return announced_text(announcement);
    }
    return Error{ErrorKind::Invalid, "report.announcement_format",
                 "An announcement is a file .html, .csv, .json or .txt.", file.filename().string(),
                 "T 4.13.1"};
}

}  // namespace sealdesk::jobs
