#include "jobs/statistics.h"

#include "audit/log.h"
#include "base/durable_file.h"
#include "jobs/announcement.h"
#include "jobs/month_report.h"

namespace sealdesk::jobs {
namespace {

namespace fs = std::filesystem;

/// A desk that stood still catches up so far.
constexpr int kMonthsBack = 12;

/// The file that is written last: where it is, the others are, too.
fs::path last_file(const fs::path& folder, std::chrono::year_month month) {
    return folder / (to_iso_text(month) + ".json");
}

std::chrono::year_month month_of(Instant at) {
    const auto day = day_in_taipei(at);
    return day.year() / day.month();
}

/// Months of the last year that are over, since the first event, and have no files yet.
std::vector<std::chrono::year_month> missing_months(store::Tx& tx, const fs::path& folder) {
    const auto now = month_of(tx.now());
    std::vector<std::chrono::year_month> missing;
    for (int back = kMonthsBack; back > 0; --back) {
        const auto month = now - std::chrono::months(back);
        if (!fs::exists(last_file(folder, month))) {
            missing.push_back(month);
        }
    }
    if (missing.empty()) {
        return missing;
    }
    const auto begin = audit::begin_of_chain(tx);
    std::erase_if(missing, [&](const std::chrono::year_month& month) {
        return !begin || month < month_of(*begin);
    });
    return missing;
}

Error disagreement(const std::string& scheme, std::chrono::year_month month) {
    return {ErrorKind::Internal, "report.disagreement",
            "The audit log and the records do not agree on a number of this month, so it is not "
            "announced. See `sealdesk report month`, and run `sealdesk audit verify`.",
            scheme + " " + to_iso_text(month), "T 4.13.1"};
}

Outcome publish_month(const effects::Works& works, const scheme::Scheme& scheme,
                      std::chrono::year_month month) {
    const requests::Office& office = works.office;
    bool agrees = false;
    const Announcement announcement =
        store::transact(office.database, "statistics.count", [&](store::Tx& tx) {
            agrees = report_month(tx, office.schemes, office.calendar, {month, scheme.id}).agrees();
            return announcement_of(tx, scheme, month);
        });
    if (!agrees) {
        return disagreement(scheme.id, month);
    }
    const fs::path folder = statistics_folder(works.repository.folder, scheme.id);
    fs::create_directories(folder);
    const std::string name = to_iso_text(month);
    write_file_durably(folder / (name + ".csv"), announced_csv(announcement), FileAccess::Everyone);
    write_file_durably(folder / (name + ".html"), announced_page(announcement),
                       FileAccess::Everyone);
    write_file_durably(last_file(folder, month), announced_json(announcement),
                       FileAccess::Everyone);
    return done();
}

}  // namespace

fs::path statistics_folder(const fs::path& repository, const std::string& scheme) {
    return repository / scheme / "statistics";
}

Result<std::int64_t> publish_statistics(const effects::Works& works) {
    std::int64_t published = 0;
    for (const scheme::Scheme& scheme : works.office.schemes) {
        const fs::path folder = statistics_folder(works.repository.folder, scheme.id);
        const auto missing =
            store::transact(works.office.database, "statistics.look",
                            [&](store::Tx& tx) { return missing_months(tx, folder); });
        for (const auto month : missing) {
            const Outcome done = publish_month(works, scheme, month);
            if (!done) {
                return done.error();
            }
            ++published;
        }
    }
    return published;
}

std::int64_t statistics_due(store::Tx& tx, const effects::Works& works) {
    std::int64_t due = 0;
    for (const scheme::Scheme& scheme : works.office.schemes) {
        const fs::path folder = statistics_folder(works.repository.folder, scheme.id);
        due += std::int64_t(missing_months(tx, folder).size());
    }
    return due;
}

}  // namespace sealdesk::jobs
