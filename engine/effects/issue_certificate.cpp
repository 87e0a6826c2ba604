#include "effects/issue_certificate.h"

#include <algorithm>

#include "effects/certificate_order.h"

namespace sealdesk::effects {
Result<ca::IssuedCertificate> issue_certificate(const requests::Office& office,
                                                ca::CaClient& authority,
                                                const ca::Profiles& profiles,
                                                const Application& application) {
    const auto standing = store::transact(office.database, "certificate.read", [&](store::Tx& tx) {
        return read_standing(tx, office, application.request_number);
    });
    if (!standing) {
        return standing.error();
    }
    Outcome own_key = check_own_key(*standing);
    if (!own_key) {
        return own_key.error();
    }
    const auto profile = chosen_profile(profiles, *standing, application.profile);
    if (!profile) {
        return profile.error();
    }
    const ca::Order order = order_for(*standing, **profile, application.csr);
    if (std::ranges::any_of(standing->inside, [&](const subscribers::Certificate& one) {
            return one.profile == order.profile && one.order_key != order.key;
        })) {
        return Error{ErrorKind::Refused, "certificate.in_token",
                     "The application's certificate of this kind is issued; another one needs "
                     "another application.",
                     application.request_number, "M 3.3"};
    }
    return order_and_keep(office, authority, *standing, order, application.by);
}

}  // namespace sealdesk::effects
