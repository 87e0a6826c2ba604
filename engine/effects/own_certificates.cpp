#include "effects/own_certificates.h"

#include "audit/log.h"
#include "effects/acceptance.h"
#include "subscribers/acceptance.h"

namespace sealdesk::effects {
namespace {

using subscribers::Certificate;

Result<Certificate> find_own(store::Tx& tx, const Visitor& visitor, std::string_view serial) {
    auto found = subscribers::find_certificate(tx, serial);
    if (!found || found->subscriber != visitor.subscriber().id) {
        return Error{ErrorKind::NotFound, "certificate.unknown",
                     "There is no certificate of this serial number.", std::string(serial),
                     "T 4.10.2"};
    }
    return *std::move(found);
}

}  // namespace

std::vector<Certificate> own_certificates(const requests::Office& office, const Visitor& visitor) {
    return store::transact(office.database, "certificate.show", [&](store::Tx& tx) {
        return subscribers::certificates_of(tx, visitor.subscriber().id);
    });
}

Result<Certificate> activate_certificate(const requests::Office& office, const Visitor& visitor,
                                         std::string_view serial) {
    return store::transact(
        office.database, "certificate.activate", [&](store::Tx& tx) -> Result<Certificate> {
            auto own = find_own(tx, visitor, serial);
            if (!own) {
                return own;
            }
            if (!own->is_alive_at(tx.now())) {
                return Error{ErrorKind::Refused, "certificate.none_alive",
                             "There is no certificate that is neither revoked nor expired.",
                             own->serial, "T 4.3.1"};
            }
            const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, own->scheme);
            const bool after_receipt =
                scheme != nullptr && scheme->cards.receipt_unlocks_activation;
            const Outcome accepted =
                accept_certificate(tx, *own, {visitor.actor(), "T 4.6", after_receipt});
            return accepted ? std::move(own) : accepted.error();
        });
}

Result<Certificate> download_certificate(const requests::Office& office, const Visitor& visitor,
                                         std::string_view serial) {
    return store::transact(
        office.database, "certificate.download", [&](store::Tx& tx) -> Result<Certificate> {
            auto own = find_own(tx, visitor, serial);
            if (!own) {
                return own;
            }
            if (!subscribers::accepted_at(tx, own->id)) {
                return Error{ErrorKind::Refused, "certificate.not_accepted",
                             "The certificate has not been activated; check its content and accept "
                             "it first.",
                             own->serial, "T 4.3.1"};
            }
            audit::append(tx, {"certificate.downloaded", visitor.actor(),
                               "certificate:" + own->serial, nlohmann::json::object()});
            return own;
        });
}

}  // namespace sealdesk::effects
