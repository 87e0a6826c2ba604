#include "jobs/day_closing.h"

#include <nlohmann/json.hpp>

#include "audit/chain.h"
#include "audit/events_between.h"
#include "base/digest.h"
#include "crypto/cms.h"
#include "jobs/day_closing_store.h"

namespace sealdesk::jobs {
namespace {

using std::chrono::year_month_day;

constexpr const char* kClosedEvent = "day.closed";
constexpr std::int64_t kClosingsPage = 100;

std::string subject_of(const std::string& day) { return "day:" + day; }

Error day_error(ErrorKind kind, std::string code, std::string detail, const std::string& day) {
    return {kind, std::move(code), std::move(detail), day, "M 4.5"};
}

Outcome check_day(store::Tx& tx, const std::string& day, const std::optional<StoredClosing>& last) {
    if (closing_of(tx, day)) {
        return day_error(ErrorKind::Refused, "day.closed", "This day was closed already.", day);
    }
    if (day > to_iso_text(day_in_taipei(tx.now()))) {
        return day_error(ErrorKind::Refused, "day.not_yet", "This day has not come yet.", day);
    }
    if (last && last->day > day) {
        return day_error(ErrorKind::Refused, "day.later_closed",
                         "A later day was closed already; the sums as they stand now are not those "
                         "of this day.",
                         day);
    }
    return done();
}

/// A closing as it is checked, with what is known of those before.
struct ClosingInTurn {
    const StoredClosing& closing;
    std::int64_t number;
    const std::string& previous;
};

std::optional<DayFinding> check_closing(store::Tx& tx, const ClosingInTurn& turn,
                                        std::span<const crypto::Certificate> trusted) {
    const StoredClosing& one = turn.closing;
    const auto altered = [&](std::string why) {
        return DayFinding{"day.altered", one.day, std::move(why)};
    };
    const auto book = parse_day_book(one.document);
    if (!book || book->number != one.number || one.number != turn.number || book->day != one.day ||
        book->difference() != one.difference) {
        return altered("The closing is not in its place, or its row says something else.");
    }
    if (book->previous != turn.previous) {
        return altered("The closing does not follow the one before.");
    }
    const auto verified = crypto::verify_detached(one.signature, one.document, trusted);
    if (!verified) {
        return altered(verified.error().detail);
    }
    if (book->chain.sequence > 0 &&
        audit::hash_of_event(tx, book->chain.sequence) != book->chain.hash) {
        return DayFinding{"day.rewritten", one.day,
                          "The event that the closing names is not in the audit log any more."};
    }
    const auto told = audit::details_of(tx, kClosedEvent, subject_of(one.day));
    const bool known =
        told.size() == 1 && told.front().value("document_sha256", "") == sha256_hex(one.document);
    return known ? std::nullopt
                 : std::optional(altered("The audit log tells of another closing of this day."));
}

/// A closing that the log tells of and the table has lost: the newest ones, which nothing follows.
std::optional<DayFinding> find_missing(store::Tx& tx) {
    std::optional<DayFinding> missing;
    const TimeSpan ever{from_stored(0), from_stored(INT64_MAX)};
    audit::for_each_event(tx, kClosedEvent, ever, [&](const audit::Record& event) {
        const std::string day = event.subject.substr(subject_of("").size());
        if (!missing && !closing_of(tx, day)) {
            missing = DayFinding{"day.missing", day, "The closing of this day is gone."};
        }
    });
    return missing;
}

/// How far closings are proved.
struct Verifying {
    DaysVerified verified;
    std::string previous;  ///< SHA-256 of the last one's document
};

Verifying verify_page(store::Tx& tx, const std::vector<StoredClosing>& page, Verifying so_far,
                      std::span<const crypto::Certificate> trusted) {
    DaysVerified& verified = so_far.verified;
    for (const StoredClosing& closing : page) {
        verified.finding =
            check_closing(tx, {closing, verified.sound + 1, so_far.previous}, trusted);
        if (verified.finding) {
            break;
        }
        ++verified.sound;
        verified.unclosed += closing.difference == 0 ? 0 : 1;
        so_far.previous = sha256_hex(closing.document);
    }
    return so_far;
}

}  // namespace

Result<DayBook> close_day(store::Database& database, const ClosingDesk& desk, year_month_day day) {
    return store::transact(database, "day.close", [&](store::Tx& tx) -> Result<DayBook> {
        const auto last = last_closing(tx);
        const Outcome allowed = check_day(tx, to_iso_text(day), last);
        if (!allowed) {
            return allowed.error();
        }
        DayBook book = read_day(tx, day, desk.schemes, desk.crls);
        book.number = last ? last->number + 1 : 1;
        book.previous = last ? sha256_hex(last->document) : std::string(audit::kChainStart);
        const std::string document = to_document(book);
        // Two at once meet at the primary key, and one is repeated on what the other has closed.
        const auto signature =
            crypto::sign_detached(document, desk.signer.key, desk.signer.certificate, tx.now());
        if (!signature) {
            return signature.error();
        }
        insert_closing(tx, {book.number, book.day, book.difference(), document, *signature});
        audit::append(tx, {kClosedEvent,
                           desk.by,
                           subject_of(book.day),
                           {{"number", book.number},
                            {"difference", book.difference()},
                            {"document_sha256", sha256_hex(document)}}});
        return book;
    });
}

bool is_yesterday_open(store::Tx& tx) {
    const auto today = day_in_taipei(tx.now());
    const auto yesterday = year_month_day{std::chrono::sys_days{today} - std::chrono::days(1)};
    const auto last = last_closing(tx);
    if (last && last->day >= to_iso_text(yesterday)) {
        return false;
    }
    const auto begin = audit::begin_of_chain(tx);
    return begin && *begin < start_of_day_in_taipei(today);
}

std::optional<DayBook> closed_day(store::Tx& tx, year_month_day day) {
    const auto closing = closing_of(tx, to_iso_text(day));
    return closing ? parse_day_book(closing->document) : std::nullopt;
}

DaysVerified verify_days(store::Database& database, std::span<const crypto::Certificate> trusted) {
    DaysVerified verified;
    std::string previous(audit::kChainStart);
    for (bool more = true; more && !verified.finding;) {
        store::transact(database, "day.verify", [&](store::Tx& tx) {
            const auto page = closings_after(tx, verified.sound, kClosingsPage);
            more = std::int64_t(page.size()) == kClosingsPage;
            Verifying after = verify_page(tx, page, {verified, previous}, trusted);
            if (!more && !after.verified.finding) {
                after.verified.finding = find_missing(tx);
            }
            verified = std::move(after.verified);
            previous = std::move(after.previous);
        });
    }
    return verified;
}

}  // namespace sealdesk::jobs
