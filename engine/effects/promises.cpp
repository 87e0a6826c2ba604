#include "effects/promises.h"

#include <algorithm>
#include <array>
#include <map>

#include "parcels/parcel.h"
#include "requests/deadlines.h"
#include "requests/request_store.h"
#include "slips/slip.h"

namespace sealdesk::effects {
namespace {

using slips::Slip;
using slips::SlipState;

constexpr std::array<std::string_view, 3> kWays{"counter", "post", "electronic"};
constexpr int kDecidedPage = 200;

/// The value at or below which so many hundredths of the sorted times lie (nearest rank).
std::chrono::microseconds percentile(const std::vector<std::chrono::microseconds>& sorted,
                                     std::size_t hundredths) {
    if (sorted.empty()) {
        return std::chrono::microseconds{0};
    }
    const std::size_t rank = (sorted.size() * hundredths + 99) / 100;
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

PromiseFigures figures_for(std::string_view delivery, const std::vector<Promise>& promises,
                           Instant now) {
    PromiseFigures figures{.delivery = std::string(delivery)};
    std::vector<std::chrono::microseconds> times;
    for (const Promise& one : promises) {
        if (one.delivery != delivery) {
            continue;
        }
        ++figures.count;
        const bool kept = one.is_kept(now);
        figures.late += kept ? 0 : 1;
        if (one.out_at) {
            figures.kept += kept ? 1 : 0;
            times.push_back(*one.out_at - one.decided_at);
        }
    }
    std::ranges::sort(times);
    figures.out = std::int64_t(times.size());
    figures.median = percentile(times, 50);
    figures.percentile_95 = percentile(times, 95);
    return figures;
}

/// What a request promises.
class Measuring {
public:
    Measuring(store::Tx& tx, const requests::Office& office, const requests::Request& request)
        : tx_(tx), office_(office), request_(request) {}

    void add_to(std::vector<Promise>& promises) {
        const scheme::Form& form = requests::form_of(office_, request_);
        const auto values = requests::values_of(request_);
        const auto chosen = values.find(form.roles.delivery);
        const scheme::Delivery* delivery =
            chosen == values.end() ? nullptr : form.find_delivery(chosen->second);
        if (delivery == nullptr) {
            return;
        }
        for (const auto& [kind, slip] : slips_by_kind()) {
            add(promises, delivery->deadline, slips::to_text(slip.delivery),
                slips::out_at(tx_, slip), slip.number);
        }
        for (const parcels::Parcel& parcel : parcels::parcels_of(tx_, request_.id)) {
            add_parcel(promises, delivery->deadline, parcel);
        }
    }

private:
    /// Of each kind the slip that left the house first, or the one that has yet to.
    std::map<std::string, Slip> slips_by_kind() {
        std::map<std::string, Slip> by_kind;
        for (const Slip& slip : slips::list_slips(tx_, {.request = request_.id})) {
            const auto out = slips::out_at(tx_, slip);
            if (!out && slip.state == SlipState::Void) {
                continue;
            }
            const auto [place, is_first] = by_kind.try_emplace(slip.template_name, slip);
            if (!is_first && out && !slips::out_at(tx_, place->second)) {
                place->second = slip;
            }
        }
        return by_kind;
    }

    void add_parcel(std::vector<Promise>& promises, const scheme::Deadline& deadline,
                    const parcels::Parcel& parcel) {
        const auto steps = parcels::movements_of(tx_, parcel.id);
        const bool to_counter =
            !steps.empty() && steps.front().state == parcels::ParcelState::AtCounter;
        std::optional<Instant> out;
        for (const parcels::Movement& step : steps) {
            if (!out && step.state != parcels::ParcelState::Waiting &&
                step.state != parcels::ParcelState::Void) {
                out = step.at;
            }
        }
        if (!out && parcel.state == parcels::ParcelState::Void) {
            return;
        }
        add(promises, deadline, to_counter ? "counter" : "post", out, parcel.number);
    }

    void add(std::vector<Promise>& promises, const scheme::Deadline& deadline,
             std::string_view delivery, std::optional<Instant> out, const std::string& item) {
        Promise promise = measure_promise(office_.calendar, requests::scheme_of(office_, request_),
                                          deadline, *request_.decided_at, out);
        promise.delivery = delivery;
        promise.item = item;
        promise.request = request_.number;
        promises.push_back(std::move(promise));
    }

    store::Tx& tx_;
    const requests::Office& office_;
    const requests::Request& request_;
};

bool is_approved(const requests::Request& request) {
    return request.state == requests::State::Approved ||
           request.state == requests::State::Completed;
}

}  // namespace

Promise measure_promise(const Calendar& calendar, const scheme::Scheme& scheme,
                        const scheme::Deadline& deadline, Instant decided_at,
                        std::optional<Instant> out_at) {
    return {
        {}, decided_at, requests::end_of_promise(calendar, scheme, deadline, decided_at), out_at};
}

std::vector<PromiseFigures> figures_of(const std::vector<Promise>& promises, Instant now) {
    std::vector<PromiseFigures> all;
    for (const std::string_view way : kWays) {
        PromiseFigures figures = figures_for(way, promises, now);
        if (figures.count > 0) {
            all.push_back(std::move(figures));
        }
    }
    return all;
}

std::vector<Promise> promises_between(const requests::Office& office, Instant from, Instant until) {
    std::vector<Promise> promises;
    requests::DecidedPage page{from, 0, until, kDecidedPage};
    for (bool last = false; !last;) {
        auto read = store::transact(office.database, "parcel.promises", [&](store::Tx& tx) {
            std::vector<Promise> found;
            const auto decided = requests::list_decided(tx, page);
            for (const requests::Request& request : decided) {
                if (is_approved(request)) {
                    Measuring(tx, office, request).add_to(found);
                }
            }
            return std::pair(std::move(found), decided);
        });
        promises.insert(promises.end(), read.first.begin(), read.first.end());
        last = read.second.size() < std::size_t(kDecidedPage);
        if (!read.second.empty()) {
            page.from = *read.second.back().decided_at;
            page.after_id = read.second.back().id.value();
        }
    }
    return promises;
}

}  // namespace sealdesk::effects
