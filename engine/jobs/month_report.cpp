#include "jobs/month_report.h"

#include <map>
#include <set>

#include "mail/outbox.h"
#include "slips/slip.h"
#include "subscribers/statistics.h"

namespace sealdesk::jobs {
namespace {

/// What the records say, by figure without applicants' kinds.
std::vector<Tally> tallies_in(store::Tx& tx, const TimeSpan& span,
                              const std::vector<scheme::Scheme>& schemes) {
    std::vector<std::string> ids;
    ids.reserve(schemes.size());
    for (const scheme::Scheme& scheme : schemes) {
        ids.push_back(scheme.id);
    }
    std::vector<Tally> tallies = subscribers::count_in(tx, span, ids);
    const auto mails = mail::ledger(tx, span.from, span.until);
    tallies.push_back({"mails.queued", "", "", "", mails.in});
    for (const auto& more : {requests::count_in(tx, span), slips::count_in(tx, span)}) {
        tallies.insert(tallies.end(), more.begin(), more.end());
    }
    return tallies;
}

/// Figures of which the records say something, too. A mail that came back and was sent again was
/// sent twice, and its record tells of the last time only.
bool is_in_records(const std::string& name) {
    static const std::set<std::string, std::less<>> names{
        "certificates.issued",  "certificates.activated",
        "certificates.held",    "certificates.released",
        "certificates.revoked", "requests.received",
        "requests.approved",    "requests.rejected",
        "requests.returned",    "requests.withdrawn",
        "requests.completed",   "accounts.opened",
        "slips.made",           "mails.queued"};
    return names.contains(name);
}

std::vector<Disagreement> compare(const Figures& figures, const std::vector<Tally>& tallies) {
    std::map<FigureKey, Disagreement> both;
    const auto at = [&both](FigureKey key) -> Disagreement& {
        key.applicant.clear();
        key.kind = key.name.starts_with("mails.") ? "" : key.kind;
        Disagreement& one = both[key];
        one.key = std::move(key);
        return one;
    };
    for (const auto& [key, figure] : figures) {
        if (is_in_records(key.name)) {
            at(key).from_log += figure.count;
        }
    }
    for (const Tally& tally : tallies) {
        at({tally.figure, tally.scheme, tally.kind, "", tally.reason}).from_records += tally.count;
    }
    std::vector<Disagreement> found;
    for (auto& [key, one] : both) {
        if (one.from_log != one.from_records) {
            found.push_back(std::move(one));
        }
    }
    return found;
}

}  // namespace

std::vector<Disagreement> disagreements_in(store::Tx& tx, const TimeSpan& span,
                                           const std::vector<scheme::Scheme>& schemes) {
    return compare(count_figures(tx, span), tallies_in(tx, span, schemes));
}

MonthReport report_month(store::Tx& tx, const std::vector<scheme::Scheme>& schemes,
                         const Calendar& calendar, const MonthWanted& wanted) {
    const TimeSpan span = month_in_taipei(wanted.month);
    MonthReport report{wanted.month,
                       wanted.scheme,
                       tx.now(),
                       tx.now() >= span.until,
                       audit::end_of_chain(tx),
                       count_figures(tx, span),
                       {},
                       requests::queue_ages(tx, schemes, calendar),
                       requests::service_times(tx, schemes, calendar, span)};
    report.disagreements = compare(report.figures, tallies_in(tx, span, schemes));
    for (const Tally& tally : subscribers::count_expired(tx, span)) {
        report.figures[{tally.figure, tally.scheme, tally.kind, "", ""}].count = tally.count;
    }
    if (!wanted.scheme.empty()) {
        const auto other = [&](const auto& one) { return one.scheme != wanted.scheme; };
        std::erase_if(report.figures, [&](const auto& one) { return other(one.first); });
        std::erase_if(report.disagreements, [&](const auto& one) { return other(one.key); });
        std::erase_if(report.queues, other);
        std::erase_if(report.service, other);
    }
    return report;
}

std::int64_t sum_of(const Figures& figures, std::string_view name, std::string_view scheme,
                    std::string_view kind) {
    std::int64_t sum = 0;
    for (const auto& [key, figure] : figures) {
        const bool wanted =
            key.name == name && key.scheme == scheme && (kind.empty() || key.kind == kind);
        sum += wanted ? figure.count : 0;
    }
    return sum;
}

}  // namespace sealdesk::jobs
