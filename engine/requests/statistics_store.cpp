#include "requests/statistics_store.h"

#include "requests/decide.h"
#include "requests/statistics.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kReceivedIn = R"sql(
    SELECT scheme, form, COUNT(*)
    FROM request
    WHERE received_at >= ? AND received_at < ?
    GROUP BY scheme, form
)sql";

constexpr std::string_view kCompletedIn = R"sql(
    SELECT scheme, form, COUNT(*)
    FROM request
    WHERE closed_at >= ? AND closed_at < ? AND state = 'completed'
    GROUP BY scheme, form
)sql";

constexpr std::string_view kDecidedIn = R"sql(
    SELECT r.scheme, r.form, d.outcome, COUNT(*)
    FROM decision d
    JOIN request r ON r.id = d.request_id
    WHERE d.decided_at >= ? AND d.decided_at < ?
    GROUP BY r.scheme, r.form, d.outcome
)sql";

constexpr std::string_view kOpenTimes = R"sql(
    SELECT scheme, received_at, due_at
    FROM request
    WHERE state = ?
)sql";

constexpr std::string_view kEndedTimes = R"sql(
    SELECT id, scheme, form, state, received_at, due_at, decided_at, closed_at
    FROM request
    WHERE closed_at >= ? AND closed_at < ?
)sql";

constexpr std::string_view kTimesAway = R"sql(
    SELECT b.request_id, b.returned_at, b.ended_at
    FROM request r
    JOIN request_return b ON b.request_id = r.id
    WHERE r.closed_at >= ? AND r.closed_at < ? AND b.ended_at IS NOT NULL
)sql";

std::string figure_of_outcome(const std::string& outcome) {
    static const std::map<std::string, std::string> figures{
        {std::string(to_text(Verdict::Approve)), "requests.approved"},
        {std::string(to_text(Verdict::Reject)), "requests.rejected"},
        {std::string(to_text(Verdict::Return)), "requests.returned"},
        {std::string(to_text(Verdict::Withdraw)), "requests.withdrawn"}};
    return figures.at(outcome);
}

}  // namespace

std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span) {
    std::vector<Tally> tallies;
    for (const store::Row& row : tx.query(kReceivedIn, span.from, span.until)) {
        tallies.push_back({"requests.received", row.text(0), row.text(1), "", row.number(2)});
    }
    for (const store::Row& row : tx.query(kDecidedIn, span.from, span.until)) {
        tallies.push_back(
            {figure_of_outcome(row.text(2)), row.text(0), row.text(1), "", row.number(3)});
    }
    for (const store::Row& row : tx.query(kCompletedIn, span.from, span.until)) {
        tallies.push_back({"requests.completed", row.text(0), row.text(1), "", row.number(2)});
    }
    return tallies;
}

std::vector<OpenTimes> open_times(store::Tx& tx, State state) {
    std::vector<OpenTimes> open;
    for (const store::Row& row : tx.query(kOpenTimes, to_text(state))) {
        open.push_back({row.text(0), row.instant(1), row.instant_or_null(2)});
    }
    return open;
}

std::vector<EndedTimes> ended_times(store::Tx& tx, const TimeSpan& span) {
    std::vector<EndedTimes> ended;
    for (const store::Row& row : tx.query(kEndedTimes, span.from, span.until)) {
        ended.push_back({RequestId(row.number(0)), row.text(1), row.text(2), to_state(row.text(3)),
                         row.instant(4), row.instant_or_null(5), row.instant_or_null(6),
                         row.instant(7)});
    }
    return ended;
}

std::multimap<std::int64_t, TimeSpan> times_away(store::Tx& tx, const TimeSpan& span) {
    std::multimap<std::int64_t, TimeSpan> away;
    for (const store::Row& row : tx.query(kTimesAway, span.from, span.until)) {
        away.emplace(row.number(0), TimeSpan{row.instant(1), row.instant(2)});
    }
    return away;
}

}  // namespace sealdesk::requests
