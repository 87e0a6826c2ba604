#include "effects/replace_slip.h"

#include "effects/unopened.h"
#include "mail/outbox.h"
#include "queue/queue.h"
#include "subscribers/account.h"

namespace sealdesk::effects {

/// A slip is never printed twice (G 5).
Result<std::string> replace_slip_in(store::Tx& tx, const slips::Slip& slip,
                                    const slips::VoidOrder& order) {
    if (slip.carries_pin()) {
        const auto voided = slips::void_slip(tx, order);  // the PIN is set anew (T 4.9.1)
        return voided ? Result<std::string>(std::string()) : voided.error();
    }
    if (order.reason == kWrongAddress) {
        const auto withdrawn = withdraw_slip(tx, slip, order);
        return withdrawn ? Result<std::string>(std::string()) : withdrawn.error();
    }
    const auto account = subscribers::get_account(tx, slip.account);
    if (account.generation != slip.account_generation) {
        const auto voided = slips::void_slip(tx, order);  // its password is dead already
        return voided ? Result<std::string>(std::string()) : voided.error();
    }
    const auto reset = subscribers::begin_reset(tx, account);
    const auto fresh = slips::replace_slip(tx, order, reset.generation);
    if (!fresh) {
        return fresh.error();
    }
    if (fresh->delivery == slips::Delivery::Electronic) {
        mail::supersede(tx, "slip:" + slip.number, order.actor);
        queue::enqueue(tx, "slip", fresh->number, slip.request.value(), tx.now());
    }
    return fresh->number;
}

void kill_password_of(store::Tx& tx, const slips::Slip& slip) {
    if (slip.carries_pin()) {
        return;
    }
    const auto account = subscribers::get_account(tx, slip.account);
    if (account.generation == slip.account_generation) {
        static_cast<void>(subscribers::begin_reset(tx, account));
    }
}

Result<std::string> replace_lost_slip(store::Database& database, std::string_view number,
                                      std::string_view reason, std::string_view actor) {
    return store::transact(database, "slip.replace", [&](store::Tx& tx) -> Result<std::string> {
        const auto slip = slips::find_slip(tx, number);
        if (!slip) {
            return slip.error();
        }
        return replace_slip_in(tx, *slip, {slip->id, std::string(reason), std::string(actor)});
    });
}

}  // namespace sealdesk::effects
