#include "audit/log.h"
#include "effects/certificates.h"
#include "effects/login.h"
#include "queue/queue.h"
#include "subscribers/account.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"

namespace sealdesk::effects {

Result<subscribers::Login> hold_by_subscriber(store::Database& database, std::string_view account,
                                              const Secret& password, int strikes_max) {
    auto login = log_in(database, account, password, strikes_max);
    if (!login || *login != subscribers::Login::Accepted) {
        return login;
    }
    const Outcome held =
        store::transact(database, "certificate.hold", [&](store::Tx& tx) -> Outcome {
            const SubscriberId subscriber = subscribers::find_account(tx, account)->subscriber;
            bool any = false;
            for (const subscribers::Certificate& one :
                 subscribers::certificates_of(tx, subscriber)) {
                if (one.is_alive_at(tx.now())) {
                    any = true;
                    static_cast<void>(subscribers::open_hold(
                        tx, one.id, subscribers::HoldSource::Subscriber, "subscriber"));
                }
            }
            if (!any) {
                return Error{ErrorKind::Refused, "certificate.none_alive",
                             "There is no certificate that is neither revoked nor expired.",
                             std::string(account), "T 4.5.1"};
            }
            audit::append(tx, {"certificate.hold-asked", "subscriber",
                               "account:" + std::string(account), nlohmann::json::object()});
            queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                           subscriber.value(), tx.now());
            return done();
        });
    if (!held) {
        return held.error();
    }
    return login;
}

}  // namespace sealdesk::effects
