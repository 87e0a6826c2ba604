#include "cli/subscriber_named.h"

#include "requests/request_store.h"
#include "subscribers/account.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {

Result<SubscriberId> subscriber_named(store::Tx& tx, const std::string& name) {
    if (const auto account = subscribers::find_account(tx, name)) {
        return account->subscriber;
    }
    if (const auto request = requests::find_request(tx, name)) {
        const auto subscriber =
            subscribers::find_subscriber(tx, request->scheme, request->id_number);
        if (subscriber) {
            return subscriber->id;
        }
    }
    return Error{
        ErrorKind::NotFound, "account.unknown", "There is no such account or request.", name, {}};
}

}  // namespace sealdesk::cli
