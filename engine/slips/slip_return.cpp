#include "audit/log.h"
#include "slips/slip.h"

namespace sealdesk::slips {
namespace {

constexpr std::string_view kInsertSlipReturn = R"sql(
    INSERT INTO slip_return (slip_id, reason, returned_at, recorded_by, recorded_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

}  // namespace

Outcome check_return(const Slip& slip) {
    if (slip.state == SlipState::Used) {
        return Error{ErrorKind::Refused, "slips.is_used",
                     "The slip's password has been used and changed; a reset form gives a new one.",
                     slip.number, "T 5.12"};
    }
    if (slip.state != SlipState::Posted) {
        return Error{ErrorKind::Refused, "slips.not_on_its_way",
                     "Only a posted slip comes back from the post.", slip.number, "T 3.2.6"};
    }
    return done();
}

Outcome return_slip(store::Tx& tx, const Slip& slip, const SlipReturn& came_back,
                    std::string_view actor) {
    Outcome right = check_return(slip);
    if (!right) {
        return right;
    }
    Outcome voided = void_slip(tx, {slip.id, std::string(kReturnedReason), std::string(actor)});
    if (!voided) {
        return voided;
    }
    tx.execute(kInsertSlipReturn, slip.id.value(), came_back.reason, came_back.at, actor, tx.now());
    audit::append(tx, {"slip.returned",
                       std::string(actor),
                       "slip:" + std::to_string(slip.id.value()),
                       {{"number", slip.number}, {"tracking_number", slip.tracking_number}}});
    return done();
}

}  // namespace sealdesk::slips
