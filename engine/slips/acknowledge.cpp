#include <algorithm>

#include "audit/log.h"
#include "base/numbering.h"
#include "slips/print_rows.h"
#include "slips/slip_rows.h"

namespace sealdesk::slips {
namespace {

Outcome check_tracking(const Slip& slip, std::string_view tracking_number) {
    if (slip.delivery == Delivery::Post && !is_registered_mail_number(tracking_number)) {
        return Error{ErrorKind::Invalid, "slips.tracking_needed",
                     "A posted slip takes its registered-mail number: 6 to 24 of 0-9 A-Z -.",
                     slip.number, "T 3.2.6"};
    }
    if (slip.delivery == Delivery::Counter && !tracking_number.empty()) {
        return Error{ErrorKind::Invalid, "slips.not_posted",
                     "The slip is picked up at the counter; it takes no registered-mail number.",
                     slip.number, "T 3.2.6"};
    }
    return done();
}

Outcome acknowledge(store::Tx& tx, const Slip& slip, std::string_view tracking_number,
                    std::string_view actor, const AckCheck& check) {
    Outcome right = check_tracking(slip, tracking_number);
    if (right && check) {
        right = check(tx, slip, tracking_number);
    }
    if (!right) {
        return right.error();
    }
    const bool is_posted = slip.delivery == Delivery::Post;
    const Outcome moved = move_slip(tx, slip,
                                    {.to = is_posted ? SlipState::Posted : SlipState::HandedOver,
                                     .tracking_number = std::string(tracking_number)});
    if (!moved) {
        return moved.error();
    }
    nlohmann::json detail{{"number", slip.number}, {"scheme", slip.scheme}};
    if (is_posted) {
        detail["tracking_number"] = tracking_number;
    }
    audit::append(tx, {is_posted ? "slip.posted" : "slip.handed_over", std::string(actor),
                       "slip:" + std::to_string(slip.id.value()), std::move(detail)});
    return done();
}

Error batch_error(ErrorKind kind, std::string code, std::string detail, std::string_view where) {
    return {kind, std::move(code), std::move(detail), std::string(where), {}};
}

}  // namespace

Outcome acknowledge_slip(store::Tx& tx, std::string_view slip_number,
                         std::string_view tracking_number, std::string_view actor,
                         const AckCheck& check) {
    const auto slip = find_slip(tx, slip_number);
    if (!slip) {
        return slip.error();
    }
    const bool is_done_already =
        slip->state == SlipState::HandedOver ||
        (slip->state == SlipState::Posted && slip->tracking_number == tracking_number);
    if (is_done_already) {
        return done();
    }
    if (slip->state != SlipState::Printed) {
        return batch_error(ErrorKind::Refused, "slips.not_printed",
                           "Only a printed slip can be handed over or posted.", slip_number);
    }
    Outcome acknowledged = acknowledge(tx, *slip, tracking_number, actor, check);
    if (acknowledged && slip->batch) {
        close_batch_if_done(tx, *slip->batch, actor);
    }
    return acknowledged;
}

Outcome acknowledge_batch(store::Tx& tx, std::string_view batch_number,
                          const TrackingNumbers& tracking, std::string_view actor,
                          const AckCheck& check) {
    const auto stored = find_stored_batch(tx, batch_number);
    if (!stored) {
        return batch_error(ErrorKind::NotFound, "slips.batch_not_found",
                           "There is no such print batch.", {});
    }
    if (stored->batch.state != BatchState::Printed) {
        return batch_error(ErrorKind::Refused, "slips.not_printed",
                           "The batch is not printed, or is closed already.", batch_number);
    }
    const std::vector<Slip> slips = slips_of_batch(tx, stored->batch.id, 0, kItemsPerBatchMax);
    for (const auto& entry : tracking) {
        if (std::ranges::count(slips, entry.first, &Slip::number) == 0) {
            return batch_error(ErrorKind::Invalid, "slips.not_in_batch",
                               "A registered-mail number is given for a slip of another batch.",
                               entry.first);
        }
    }
    for (const Slip& slip : slips) {
        if (slip.state != SlipState::Printed) {
            continue;
        }
        const auto given = tracking.find(slip.number);
        const std::string_view number =
            given == tracking.end() ? std::string_view{} : std::string_view(given->second);
        Outcome acknowledged = acknowledge(tx, slip, number, actor, check);
        if (!acknowledged) {
            return acknowledged.error();
        }
    }
    return set_batch_closed(tx, *stored, actor);
}

}  // namespace sealdesk::slips
