#include <set>

#include "queue/queue.h"
#include "subscribers/acceptance.h"
#include "subscribers/repository.h"
#include "subscribers/repository_name.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kInsertEntry = R"sql(
    INSERT INTO repository_entry (certificate_id, scheme, name, due_by, published_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kEntryOf = R"sql(
    SELECT certificate_id
    FROM repository_entry
    WHERE certificate_id = ?
)sql";

constexpr std::string_view kAcceptedAfter = R"sql(
    SELECT certificate_id
    FROM certificate_acceptance
    WHERE certificate_id > ?
    ORDER BY certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kCountAccepted = "SELECT COUNT(*) FROM certificate_acceptance";
constexpr std::string_view kCountEntries = "SELECT COUNT(*) FROM repository_entry";

constexpr std::string_view kCountOfScheme = R"sql(
    SELECT COUNT(*)
    FROM repository_entry
    WHERE scheme = ?
)sql";

constexpr std::string_view kCountLate = R"sql(
    SELECT COUNT(*)
    FROM repository_entry
    WHERE scheme = ? AND published_at > due_by
)sql";

constexpr std::string_view kLate = R"sql(
    SELECT c.serial, a.accepted_at, e.due_by, e.published_at
    FROM repository_entry e
    JOIN certificate c ON c.id = e.certificate_id
    JOIN certificate_acceptance a ON a.certificate_id = e.certificate_id
    WHERE e.scheme = ? AND e.published_at > e.due_by
    ORDER BY e.published_at DESC, e.certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kCountWaiting = R"sql(
    SELECT COUNT(*)
    FROM certificate_acceptance a
    JOIN certificate c ON c.id = a.certificate_id
    LEFT JOIN repository_entry e ON e.certificate_id = a.certificate_id
    WHERE c.scheme = ? AND e.certificate_id IS NULL
)sql";

constexpr std::string_view kWaitingOnes = R"sql(
    SELECT c.serial, a.accepted_at
    FROM certificate_acceptance a
    JOIN certificate c ON c.id = a.certificate_id
    LEFT JOIN repository_entry e ON e.certificate_id = a.certificate_id
    WHERE c.scheme = ? AND e.certificate_id IS NULL
    ORDER BY a.accepted_at, a.certificate_id
    LIMIT ?
)sql";

// A range of the index, not LIKE: no sign in a name means anything.
constexpr std::string_view kByBeginning = R"sql(
    SELECT certificate_id
    FROM repository_entry
    WHERE scheme = ? AND name >= ? AND name < ?
    ORDER BY name, certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kNameAt = R"sql(
    SELECT name
    FROM repository_entry
    WHERE scheme = ?
    ORDER BY name, certificate_id
    LIMIT 1 OFFSET ?
)sql";

constexpr std::string_view kByPart = R"sql(
    SELECT certificate_id
    FROM repository_entry
    WHERE scheme = ? AND name < ? AND INSTR(name, ?) > 0
    ORDER BY name, certificate_id
    LIMIT ?
)sql";

/// Entries of one search that are read whole: some may have expired or be another's of that name.
constexpr int kCandidatesMax = 500;

/// Stands after every name: Unicode gives this code point to no character.
constexpr std::string_view kAfterAll = "\U0010FFFF";

/// Reads candidates, in turn, until there are enough.
class Sieve {
public:
    Sieve(store::Tx& tx, const WantedName& wanted) : tx_(tx), wanted_(wanted) {}

    void take(const std::vector<store::Row>& candidates) {
        if (candidates.size() > std::size_t{kCandidatesMax}) {
            search.complete = false;
        }
        for (const store::Row& row : candidates) {
            if (search.found.size() == kFoundMax) {
                search.complete = false;
                return;
            }
            if (seen_.insert(row.number(0)).second) {
                look_at(CertificateId{row.number(0)});
            }
        }
    }

    Search search;

private:
    void look_at(CertificateId id) {
        auto certificate = find_certificate_by_id(tx_, id);
        if (!certificate || certificate->not_after < tx_.now()) {
            return;
        }
        const auto parsed = crypto::Certificate::parse_keyless(certificate->der);
        if (parsed && wanted_.fits(compared_parts(*parsed))) {
            search.found.push_back({*std::move(certificate), parsed->subject()});
        }
    }

    store::Tx& tx_;
    const WantedName& wanted_;
    std::set<std::int64_t> seen_;
};

}  // namespace

void enqueue_publication(store::Tx& tx, CertificateId certificate) {
    queue::enqueue(tx, kPublishJob, std::to_string(certificate.value()), certificate.value(),
                   tx.now());
}

bool enter_into_repository(store::Tx& tx, const Certificate& certificate,
                           const crypto::Certificate& parsed, Instant due_by) {
    if (is_published(tx, certificate.id)) {
        return false;
    }
    tx.execute(kInsertEntry, certificate.id.value(), certificate.scheme,
               compared_names(compared_parts(parsed)), due_by, tx.now());
    return true;
}

bool is_published(store::Tx& tx, CertificateId certificate) {
    return !tx.query(kEntryOf, certificate.value()).empty();
}

std::vector<CertificateId> accepted_after(store::Tx& tx, std::int64_t after, int limit) {
    std::vector<CertificateId> ids;
    for (const store::Row& row : tx.query(kAcceptedAfter, after, limit)) {
        ids.emplace_back(row.number(0));
    }
    return ids;
}

RepositoryCounts count_repository(store::Tx& tx) {
    return {tx.query(kCountAccepted).at(0).number(0), tx.query(kCountEntries).at(0).number(0)};
}

RepositoryStanding repository_standing(store::Tx& tx, std::string_view scheme) {
    const auto count = [&](std::string_view sql) { return tx.query(sql, scheme).at(0).number(0); };
    RepositoryStanding standing{
        count(kCountOfScheme), count(kCountLate), count(kCountWaiting), {}, {}};
    for (const store::Row& row : tx.query(kLate, scheme, kListedPublicationsMax)) {
        standing.overdue.push_back({row.text(0), row.instant(1), row.instant(2), row.instant(3)});
    }
    for (const store::Row& row : tx.query(kWaitingOnes, scheme, kListedPublicationsMax)) {
        standing.open.push_back({row.text(0), row.instant(1), {}, {}});
    }
    return standing;
}

Result<Search> search_repository(store::Tx& tx, std::string_view scheme, std::string_view text,
                                 bool exact) {
    const auto wanted = read_wanted_name(text, exact);
    if (!wanted) {
        return wanted.error();
    }
    Sieve sieve(tx, *wanted);
    sieve.take(tx.query(kByBeginning, scheme, wanted->name, wanted->name + std::string(kAfterAll),
                        kCandidatesMax + 1));
    if (!sieve.search.complete) {
        return std::move(sieve.search);
    }
    const auto beyond = tx.query(kNameAt, scheme, kNamesLookedThrough);
    sieve.take(tx.query(kByPart, scheme,
                        beyond.empty() ? std::string(kAfterAll) : beyond.front().text(0),
                        wanted->name, kCandidatesMax + 1));
    sieve.search.complete = sieve.search.complete && beyond.empty();
    return std::move(sieve.search);
}

}  // namespace sealdesk::subscribers
