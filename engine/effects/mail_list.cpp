#include "effects/mail_list.h"

#include <algorithm>
#include <set>

#include "effects/apart.h"
#include "effects/parcel_steps.h"
#include "slips/print_batch.h"

namespace sealdesk::effects {
namespace {

using parcels::MailKind;
using parcels::MailLine;
using parcels::Parcel;
using parcels::ParcelState;
using slips::Slip;
using slips::SlipState;

constexpr int kWaitingPage = 500;

/// Gathers what waits, up to a list's length.
class Gathering {
public:
    Gathering(store::Tx& tx, const requests::Office& office, std::string_view actor)
        : tx_(tx), office_(office), actor_(actor) {}

    MailWaiting run() {
        parcels::ParcelFilter filter{ParcelState::Waiting, 0, kWaitingPage};
        for (bool last = false; !last && !waiting_.more;) {
            const auto page = parcels::list_parcels(tx_, filter);
            std::ranges::for_each(page, [&](const Parcel& parcel) { take(parcel); });
            last = page.size() < kWaitingPage;
            filter.after = last ? 0 : page.back().id.value();
        }
        slips::SlipFilter printed{.state = SlipState::Printed, .count_max = kWaitingPage};
        for (bool last = false; !last && !waiting_.more;) {
            const auto page = slips::list_slips(tx_, printed);
            std::ranges::for_each(page, [&](const Slip& slip) { take(slip); });
            last = page.size() < kWaitingPage;
            printed.after = last ? 0 : page.back().id.value();
        }
        return std::move(waiting_);
    }

private:
    void take(const Parcel& parcel) {
        if (parcels::is_on_list(tx_, MailKind::Parcel, parcel.number)) {
            return;
        }
        Outcome right = check_postable(tx_, parcel);
        if (right) {
            right = check_card_apart(tx_, office_, parcel, {}, actor_);
        }
        if (right && goes_apart(office_, parcel.scheme)) {
            with_card_.insert(parcel.request.value());
        }
        add(right, {MailKind::Parcel, parcel.number, parcel.to});
    }

    void take(const Slip& slip) {
        if (slip.delivery != slips::Delivery::Post ||
            parcels::is_on_list(tx_, MailKind::Slip, slip.number)) {
            return;
        }
        Outcome right = check_slip_apart(tx_, office_, slip, {}, actor_);
        const bool is_pin_slip = slip.template_name == kPinSlipTemplate;
        if (right && is_pin_slip && with_card_.contains(slip.request.value())) {
            right = Error{ErrorKind::Refused, "parcel.card_and_pin",
                          "Its card is on this list; it comes on another one, which another "
                          "person hands over.",
                          slip.number, "M 6.4.2"};
        }
        add(right, {MailKind::Slip,
                    slip.number,
                    {slip.recipient.name, slip.recipient.postal_code, slip.recipient.address}});
    }

    void add(const Outcome& right, MailLine line) {
        if (!right) {
            waiting_.held_back.emplace_back(line.item, right.error());
        } else if (waiting_.lines.size() == std::size_t(parcels::kMailLinesMax)) {
            waiting_.more = true;
        } else {
            waiting_.lines.push_back(std::move(line));
        }
    }

    store::Tx& tx_;
    const requests::Office& office_;
    std::string_view actor_;
    std::set<std::int64_t> with_card_;  ///< requests whose card is on the list
    MailWaiting waiting_;
};

/// Hands one list over.
class Posting {
public:
    Posting(store::Tx& tx, const requests::Office& office, const ListPosting& posting)
        : tx_(tx), office_(office), posting_(posting) {}

    Result<PostedList> run() {
        const auto list = parcels::find_mail_list(tx_, posting_.list);
        if (!list) {
            return list.error();
        }
        const auto lines = parcels::lines_of(tx_, list->id);
        if (list->posted_at) {
            return as_before(lines);
        }
        for (const std::string& item : posting_.except) {
            if (std::ranges::count(lines, item, &MailLine::item) == 0) {
                return Error{ErrorKind::Invalid, "post.not_on_list",
                             "This item is not on the list.", item, "T 3.2.6"};
            }
        }
        for (const MailLine& line : lines) {
            const Outcome handed = hand_over(line);
            if (!handed) {
                return handed.error();
            }
        }
        const Outcome marked =
            parcels::mark_list_posted(tx_, *list, posted_.left_out, posting_.actor);
        if (!marked) {
            return marked.error();
        }
        find_closed_batches();
        return std::move(posted_);
    }

private:
    static PostedList as_before(const std::vector<MailLine>& lines) {
        PostedList before;
        for (const MailLine& line : lines) {
            if (line.left_out) {
                before.left_out.push_back(line.item);
            } else {
                ++before.posted;
            }
        }
        return before;
    }

    Outcome hand_over(const MailLine& line) {
        const bool excepted = std::ranges::count(posting_.except, line.item) > 0;
        if (excepted || !is_there(line)) {
            posted_.left_out.push_back(line.item);
            return done();
        }
        ++posted_.posted;
        if (line.kind == MailKind::Parcel) {
            return post_parcel(tx_, office_, {line.item, posting_.actor, line.tracking});
        }
        const slips::AckCheck apart = [&](store::Tx& tx, const Slip& slip,
                                          std::string_view tracking) {
            return slip_leaves(tx, office_, slip, tracking, posting_.actor);
        };
        return slips::acknowledge_slip(tx_, line.item, line.tracking, posting_.actor, apart);
    }

    /// Not void meanwhile, nor posted under another number.
    bool is_there(const MailLine& line) {
        if (line.kind == MailKind::Parcel) {
            const auto parcel = parcels::find_parcel(tx_, line.item).value();
            return parcel.state == ParcelState::Waiting ||
                   (parcel.state == ParcelState::Posted && parcel.tracking == line.tracking);
        }
        const auto slip = slips::find_slip(tx_, line.item).value();
        if (slip.batch) {
            batches_.insert(slip.batch->value());
        }
        return slip.state == SlipState::Printed ||
               (slip.state == SlipState::Posted && slip.tracking_number == line.tracking);
    }

    void find_closed_batches() {
        for (const std::int64_t id : batches_) {
            const auto batch = slips::get_batch(tx_, PrintBatchId(id));
            if (batch.state == slips::BatchState::Closed) {
                posted_.closed_batches.push_back(batch.number);
            }
        }
    }

    store::Tx& tx_;
    const requests::Office& office_;
    const ListPosting& posting_;
    std::set<std::int64_t> batches_;
    PostedList posted_;
};

}  // namespace

MailWaiting mail_waiting(store::Tx& tx, const requests::Office& office, std::string_view actor) {
    return Gathering(tx, office, actor).run();
}

Result<parcels::MailList> close_list(const requests::Office& office, std::string_view actor) {
    return store::transact(
        office.database, "parcel.close-list", [&](store::Tx& tx) -> Result<parcels::MailList> {
            return parcels::close_mail_list(tx, mail_waiting(tx, office, actor).lines, actor);
        });
}

Result<PostedList> post_list(const requests::Office& office, const ListPosting& posting) {
    return store::transact(
        office.database, "parcel.post-list",
        [&](store::Tx& tx) -> Result<PostedList> { return Posting(tx, office, posting).run(); });
}

}  // namespace sealdesk::effects
