#include "jobs/day_report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/events_between.h"
#include "cards/card_stock.h"
#include "intake/intake_store.h"
#include "mail/bounces.h"
#include "mail/outbox.h"
#include "parcels/parcel.h"
#include "queue/queue.h"
#include "requests/cash.h"
#include "requests/fee_store.h"
#include "requests/matter.h"
#include "requests/registry.h"
#include "requests/request_store.h"
#include "requests/service_end.h"
#include "scan/page_store.h"
#include "slips/form_stock.h"
#include "slips/slip.h"
#include "subscribers/agency_notice.h"
#include "subscribers/repository.h"

namespace sealdesk::jobs {
namespace {

constexpr std::int64_t kBatchPage = 500;
constexpr Instant kTheBeginning{};

/// Counted twice, independently (G 7): what each batch says it filed, and the submissions there
/// are.
Ledger submissions_ledger(store::Tx& tx, const intake::FateCounts& counts) {
    Ledger ledger{"submissions", 0, counts.accepted + counts.refused + counts.duplicate, 0};
    std::optional<BatchId> after;
    for (;;) {
        const auto page = intake::list_batches(tx, after, kBatchPage);
        for (const intake::Batch& batch : page) {
            ledger.in += batch.accepted + batch.refused + batch.duplicate;
        }
        if (std::int64_t(page.size()) < kBatchPage) {
            return ledger;
        }
        after = page.back().id;
    }
}

/// Requests come from accepted submissions and from rows of the register.
Ledger requests_ledger(store::Tx& tx, std::int64_t accepted, std::int64_t proposals) {
    Ledger ledger{"requests", accepted + proposals, 0, 0};
    for (const auto& [state, count] : requests::count_by_state(tx)) {
        (requests::is_closed(requests::to_state(state)) ? ledger.out : ledger.open) += count;
    }
    return ledger;
}

Ledger parcels_ledger(store::Tx& tx) {
    const auto parcels = parcels::count_parcels(tx);
    return {"parcels", parcels.ordered, parcels.settled, parcels.open};
}

/// Pages: each one scanned is filed, dismissed or open.
Ledger pages_ledger(store::Tx& tx) {
    Ledger ledger{"pages", 0, 0, 0};
    for (const auto& [state, count] : scan::count_pages(tx)) {
        (state == name_of(scan::PageState::Open) ? ledger.open : ledger.out) += count;
    }
    ledger.in = scan::pages_numbered(tx);
    return ledger;
}

Ledger slips_ledger(store::Tx& tx) {
    const auto slips = slips::count_slips(tx);
    return {"slips", slips.in, slips.out(), slips.open};
}

Ledger mails_ledger(store::Tx& tx, Instant until) {
    const auto mails = mail::ledger(tx, kTheBeginning, until);
    return {"mails", mails.in, mails.sent + mails.failed + mails.superseded, mails.open_after};
}

/// Counted twice, independently: what was charged, and the payments there are. What is given back
/// afterwards was paid before.
Ledger fees_ledger(store::Tx& tx, Instant until) {
    return {"fees", requests::fees_charged(tx, kTheBeginning, until).amount_twd,
            requests::fees_taken(tx, kTheBeginning, until).amount_twd +
                requests::charges_in(tx, requests::ChargeState::Void).amount_twd,
            requests::charges_in(tx, requests::ChargeState::Due).amount_twd};
}

Ledger cash_ledger(store::Tx& tx, Instant until) {
    const auto cash = requests::cash_ledger(tx, until);
    return {"cash", cash.in_twd, cash.out_twd, cash.open_twd};
}

/// The same of refunds: what charges say was given back, and what was handed out.
Ledger refunds_ledger(store::Tx& tx, Instant until) {
    return {"refunds", requests::charges_in(tx, requests::ChargeState::Refunded).amount_twd,
            requests::fees_given_back(tx, kTheBeginning, until).amount_twd, 0};
}

/// What goes back when a service ends (M 4.9), outside the cash box: what its events say, and what
/// is paid out or due.
Ledger end_refunds_ledger(store::Tx& tx, Instant until) {
    const requests::EndRefundSums sums = requests::sum_end_refunds(tx);
    Ledger ledger{"end_refunds", 0, sums.paid_twd, sums.due_twd};
    audit::for_each_event(
        tx, "service-end.revoking", {kTheBeginning, until}, [&](const audit::Record& event) {
            ledger.in += nlohmann::json::parse(event.detail).value("refund_twd", std::int64_t{0});
        });
    return ledger;
}

Ledger effects_ledger(store::Tx& tx) {
    Ledger ledger{"effects", 0, 0, 0};
    for (const queue::Count& count : queue::counts(tx)) {
        ledger.in += count.count;
        (count.state == "done" ? ledger.out : ledger.open) += count.count;
    }
    return ledger;
}

/// Counted each by itself: accepted certificates, entries of the repository, and jobs that publish
/// (M 2.6.2).
Ledger publications_ledger(store::Tx& tx) {
    const auto counts = subscribers::count_repository(tx);
    Ledger ledger{"publications", counts.accepted, counts.published, 0};
    for (const queue::Count& count : queue::counts(tx)) {
        const bool open = count.kind == subscribers::kPublishJob && count.state != "done";
        ledger.open += open ? count.count : 0;
    }
    return ledger;
}

Ledger notices_ledger(store::Tx& tx) {
    const auto counts = subscribers::count_notices(tx);
    return {"notices", counts.numbered, counts.settled, counts.open};
}

/// Blank cards that came are blank yet, in work, complete or gone; of the blank ones those count
/// that were found at the last count.
Ledger cards_ledger(store::Tx& tx) {
    const auto stock = cards::count_card_stock(tx);
    return {"cards", stock.received, stock.complete + stock.spoiled + stock.discarded,
            stock.in_work + stock.blank() + stock.counted_difference};
}

/// The jobs that the day's decisions began, as their events say and as there are.
std::optional<Disagreement> lost_effects(store::Tx& tx, const TimeSpan& span) {
    Disagreement effects{{"effects.begun", "", "", "", ""}, 0, 0};
    for (const std::string_view kind : {"request.decided", "request.lapsed"}) {
        audit::for_each_event(tx, kind, span, [&](const audit::Record& event) {
            const auto detail = nlohmann::json::parse(event.detail);
            const auto number = event.subject.substr(event.subject.find(':') + 1);
            const auto request = requests::find_request(tx, number);
            if (!detail.contains("effects") || !request) {
                return;  // of a former version; a request that is gone is told by its own ledger
            }
            effects.from_log += detail.at("effects").get<std::int64_t>();
            effects.from_records += queue::jobs_begun(
                tx, request->id.value(),
                requests::effect_key(number, detail.at("version").get<std::int64_t>()),
                from_stored(event.at));
        });
    }
    return effects.from_log == effects.from_records ? std::nullopt : std::optional(effects);
}

/// Pre-numbered forms of all stocks: those that came are printed on, spoiled or left; of the left
/// ones those count that were found at the last count.
Ledger forms_ledger(store::Tx& tx) {
    Ledger ledger{"forms", 0, 0, 0};
    for (const slips::FormCount& count : slips::count_forms(tx)) {
        ledger.in += count.received;
        ledger.out += count.printed + count.spoiled;
        ledger.open += count.left() + count.counted_difference;
    }
    return ledger;
}

}  // namespace

bool DayReport::closes() const {
    return disagreements.empty() && std::ranges::all_of(ledgers, [](const Ledger& ledger) {
               return ledger.difference() == 0;
           });
}

DayReport report_day(store::Tx& tx, std::chrono::year_month_day day,
                     std::span<const CrlPlace> crls) {
    const Instant from = start_of_day_in_taipei(day);
    const Instant until = from + std::chrono::days(1);
    const Instant now = tx.now() + std::chrono::microseconds(1);
    const auto ever = intake::count_submissions(tx, kTheBeginning, now);
    const auto today = intake::count_submissions(tx, from, until);
    const auto mails = mail::ledger(tx, from, until);
    const auto fees = requests::fees_charged(tx, from, until);
    const auto registry = requests::count_registry(tx);
    return {day,
            {today.accepted, today.refused, today.duplicate,
             intake::count_refused_files(tx, from, until), mails.in, mails.sent,
             mail::bounced_between(tx, from, until), fees.lines, fees.amount_twd,
             requests::fees_taken(tx, from, until).amount_twd},
            {submissions_ledger(tx, ever),
             {"registry", registry.read, registry.ended, registry.open},
             requests_ledger(tx, ever.accepted, registry.proposals),
             pages_ledger(tx),
             slips_ledger(tx),
             cards_ledger(tx),
             forms_ledger(tx),
             parcels_ledger(tx),
             mails_ledger(tx, now),
             effects_ledger(tx),
             publications_ledger(tx),
             notices_ledger(tx),
             fees_ledger(tx, now),
             refunds_ledger(tx, now),
             end_refunds_ledger(tx, now),
             cash_ledger(tx, now)},
            crl_standings(tx, crls),
            runs_between(tx, from, until)};
}

DayReport report_whole_day(store::Tx& tx, std::chrono::year_month_day day,
                           const std::vector<scheme::Scheme>& schemes,
                           std::span<const CrlPlace> crls) {
    DayReport report = report_day(tx, day, crls);
    const Instant from = start_of_day_in_taipei(day);
    const TimeSpan span{from, from + std::chrono::days(1)};
    report.disagreements = disagreements_in(tx, span, schemes);
    if (auto effects = lost_effects(tx, span)) {
        report.disagreements.push_back(*std::move(effects));
    }
    return report;
}

}  // namespace sealdesk::jobs
