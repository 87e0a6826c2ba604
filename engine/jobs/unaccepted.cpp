#include "jobs/unaccepted.h"

#include <algorithm>

#include "audit/log.h"
#include "queue/queue.h"
#include "requests/registry_round.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "subscribers/unaccepted.h"

namespace sealdesk::jobs {
namespace {

constexpr int kSweepPage = 200;
constexpr std::string_view kBy = "job:unaccepted";

using subscribers::Certificate;
using subscribers::SweepMark;

bool is_to_hold(store::Tx& tx, const Certificate& one) {
    return one.is_alive_at(tx.now()) && !subscribers::accepted_at(tx, one.id) &&
           !subscribers::has_acted(tx, one.id, kBy);
}

/// Opens the hold, once and for all: the job that asks the CA and the one that tells the subscriber
/// are named after the certificate.
bool hold_one(store::Tx& tx, const Certificate& one) {
    if (!is_to_hold(tx, one)) {
        return false;
    }
    static_cast<void>(subscribers::open_hold(tx, one.id, subscribers::HoldSource::Automatic, kBy));
    queue::enqueue(tx, "certificate.holds", "unaccepted:" + one.serial, one.subscriber.value(),
                   tx.now());
    queue::enqueue(tx, "unaccepted.notice", one.serial, one.request.value(), tx.now());
    audit::append(tx, {"certificate.unaccepted", std::string(kBy), "certificate:" + one.serial,
                       nlohmann::json::object()});
    return true;
}

/// A page of certificates whose time by themselves has run out.
struct Page {
    std::optional<SweepMark> mark;
    std::vector<Certificate> single;      ///< somebody applied for them
    std::vector<RegistryBatchId> rounds;  ///< of which these are the last certificates
    std::optional<SweepMark> next;        ///< none: the page was empty
};

Page read_page(store::Tx& tx, const scheme::Scheme& scheme, Instant until,
               const std::optional<SweepMark>& mark) {
    Page page{mark, {}, {}, {}};
    for (const auto& one : subscribers::unswept(tx, scheme.id, page.mark, until, kSweepPage)) {
        const auto round = requests::round_of(tx, one.certificate.request);
        if (!round) {
            page.single.push_back(one.certificate);
        } else if (requests::last_issue_of(tx, *round) == one.issued_at) {
            page.rounds.push_back(*round);
        }
        page.next = SweepMark{one.issued_at, one.certificate.id.value()};
    }
    return page;
}

std::int64_t hold_round(const effects::Works& works, RegistryBatchId round) {
    std::int64_t held = 0;
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto done =
            store::transact(works.office.database, "unaccepted.round", [&](store::Tx& tx) {
                std::int64_t count = 0;
                std::int64_t last = 0;
                for (const CertificateId id :
                     requests::unaccepted_of(tx, round, after, kSweepPage)) {
                    count += hold_one(tx, *subscribers::find_certificate_by_id(tx, id)) ? 1 : 0;
                    last = id.value();
                }
                return std::pair(count, last);
            });
        held += done.first;
        more = done.second != 0;
        after = done.second;
    }
    return held;
}

std::int64_t round_due(store::Tx& tx, RegistryBatchId round) {
    std::int64_t due = 0;
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto page = requests::unaccepted_of(tx, round, after, kSweepPage);
        due += std::ranges::count_if(page, [&](CertificateId id) {
            return is_to_hold(tx, *subscribers::find_certificate_by_id(tx, id));
        });
        more = !page.empty();
        after = more ? page.back().value() : after;
    }
    return due;
}

/// The certificates of a page, and with them the mark. Rounds come first: were the mark moved
/// before, a crash would forget them.
std::int64_t hold_page(const effects::Works& works, const scheme::Scheme& scheme,
                       const Page& page) {
    std::int64_t held = 0;
    for (const RegistryBatchId round : page.rounds) {
        held += hold_round(works, round);
    }
    return held + store::transact(works.office.database, "unaccepted.page", [&](store::Tx& tx) {
               std::int64_t count = 0;
               if (!subscribers::move_sweep_mark(tx, scheme.id, page.mark, *page.next)) {
                   return count;  // another worker sweeps
               }
               for (const Certificate& one : page.single) {
                   count += hold_one(tx, one) ? 1 : 0;
               }
               return count;
           });
}

}  // namespace

Instant issued_too_long_ago(std::chrono::year_month_day today, int months) {
    const auto month =
        std::chrono::year_month(today.year(), today.month()) - std::chrono::months(months);
    const std::chrono::year_month_day day(month.year(), month.month(), today.day());
    const auto first_of_next = month + std::chrono::months(1);
    return start_of_day_in_taipei(day.ok() ? day
                                           : std::chrono::year_month_day(first_of_next.year(),
                                                                         first_of_next.month(),
                                                                         std::chrono::day(1)));
}

std::int64_t hold_unaccepted(const effects::Works& works, const GoOn& go_on) {
    std::int64_t held = 0;
    const auto today = day_in_taipei(works.office.database.clock().now());
    for (const scheme::Scheme& scheme : works.office.schemes) {
        if (!scheme.accept_within_months) {
            continue;
        }
        const Instant until = issued_too_long_ago(today, *scheme.accept_within_months);
        for (bool more = true; more && go_on();) {
            const Page page =
                store::transact(works.office.database, "unaccepted.read", [&](store::Tx& tx) {
                    return read_page(tx, scheme, until, subscribers::sweep_mark(tx, scheme.id));
                });
            more = page.next.has_value();
            held += more ? hold_page(works, scheme, page) : 0;
        }
    }
    return held;
}

std::int64_t unaccepted_due(store::Tx& tx, const effects::Works& works) {
    std::int64_t due = 0;
    const auto today = day_in_taipei(tx.now());
    for (const scheme::Scheme& scheme : works.office.schemes) {
        if (!scheme.accept_within_months) {
            continue;
        }
        const Instant until = issued_too_long_ago(today, *scheme.accept_within_months);
        auto mark = subscribers::sweep_mark(tx, scheme.id);
        for (bool more = true; more;) {
            const Page page = read_page(tx, scheme, until, mark);
            due += std::ranges::count_if(
                page.single, [&](const Certificate& one) { return is_to_hold(tx, one); });
            for (const RegistryBatchId round : page.rounds) {
                due += round_due(tx, round);
            }
            more = page.next.has_value();
            mark = page.next;
        }
    }
    return due;
}

}  // namespace sealdesk::jobs
