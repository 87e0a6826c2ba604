#include "effects/own_application.h"

#include "ca/key_check.h"
#include "effects/certificate_order.h"
#include "effects/renewal.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationKind;
using subscribers::Certificate;
using subscribers::CertificateApplication;

/// The visitor's certificates of one kind, oldest first.
std::vector<Certificate> of_kind(store::Tx& tx, const Visitor& visitor,
                                 const std::string& profile) {
    auto certificates = subscribers::certificates_of(tx, visitor.subscriber().id);
    std::erase_if(certificates, [&](const Certificate& one) { return one.profile != profile; });
    return certificates;
}

Outcome check_first(store::Tx& tx, const Visitor& visitor, const std::string& profile) {
    for (const Certificate& one : of_kind(tx, visitor, profile)) {
        if (one.is_alive_at(tx.now())) {
            return Error{ErrorKind::Refused, "certificate.alive",
                         "There is a valid certificate of this kind; it is renewed in its last "
                         "month.",
                         one.serial, "T 4.4.1"};
        }
        if (one.request == visitor.subscriber().request) {
            return Error{ErrorKind::Refused, "certificate.register_again",
                         "The certificate of this registration has ended; register anew on paper, "
                         "then apply.",
                         one.serial, "T 4.4.1"};
        }
    }
    return done();
}

/// The certificate to be renewed: the newest of its kind.
Result<CertificateId> renewable(store::Tx& tx, const Visitor& visitor, const std::string& profile,
                                const std::string& public_key) {
    const auto& policy = visitor.scheme().renewal;
    const auto known = of_kind(tx, visitor, profile);
    if (!policy || policy->by != scheme::RenewalPolicy::By::Account) {
        return Error{ErrorKind::Refused,
                     "renewal.not_offered",
                     "Certificates of this scheme are not renewed on the website.",
                     visitor.account().name,
                     {}};
    }
    if (known.empty()) {
        return Error{ErrorKind::Refused, "renewal.none",
                     "There is no certificate of this kind yet; apply for the first one.",
                     visitor.account().name, policy->rule};
    }
    if (has_certificate(tx, visitor.subscriber().id, public_key)) {
        return Error{ErrorKind::Refused, "renewal.same_key",
                     "This key has a certificate already; make a new key.", known.back().serial,
                     "C 6.3"};
    }
    Outcome allowed = check_renewable(tx, *policy, known.back());
    if (!allowed) {
        return allowed.error();
    }
    return known.back().id;
}

/// Judges and stores the application, or returns what has to be finished first.
Result<CertificateApplication> begin_own(store::Tx& tx, const ApplicationDesk& desk,
                                         const Visitor& visitor, ApplicationKind kind,
                                         const OwnApplication& wanted) {
    const auto request = requests::get_request(tx, visitor.subscriber().request);
    const auto standing = read_standing(tx, desk.office, request.number);
    const Outcome own_key = standing ? check_own_key(*standing) : standing.error();
    if (!own_key) {
        return own_key.error();
    }
    const auto profile = chosen_profile(desk.profiles, *standing, wanted.profile);
    if (!profile) {
        return profile.error();
    }
    CertificateApplication fresh{.subscriber = visitor.subscriber().id,
                                 .request = request.id,
                                 .kind = kind,
                                 .profile = (*profile)->name,
                                 .order_key = order_key_for(request.number, wanted.csr),
                                 .replaces = {},
                                 .csr = wanted.csr,
                                 .word = {},
                                 .by = visitor.actor()};
    if (auto first = unfinished(tx, fresh)) {
        return *std::move(first);
    }
    const auto public_key = ca::public_key_of_csr(wanted.csr);
    if (!public_key) {
        return public_key.error();
    }
    if (kind == ApplicationKind::Renewal) {
        const auto present = renewable(tx, visitor, fresh.profile, *public_key);
        if (!present) {
            return present.error();
        }
        fresh.replaces = *present;
    } else if (Outcome allowed = check_first(tx, visitor, fresh.profile); !allowed) {
        return allowed.error();
    }
    store_application(tx, fresh, request.number);
    return fresh;
}

Result<ca::IssuedCertificate> apply_as(ApplicationKind kind, const ApplicationDesk& desk,
                                       const Visitor& visitor, const OwnApplication& wanted) {
    return carry_through(desk, kind, wanted.csr,
                         [&](store::Tx& tx) { return begin_own(tx, desk, visitor, kind, wanted); });
}

}  // namespace

Result<ca::IssuedCertificate> apply_for_certificate(const ApplicationDesk& desk,
                                                    const Visitor& visitor,
                                                    const OwnApplication& wanted) {
    return apply_as(ApplicationKind::First, desk, visitor, wanted);
}

Result<ca::IssuedCertificate> renew_certificate(const ApplicationDesk& desk, const Visitor& visitor,
                                                const OwnApplication& wanted) {
    return apply_as(ApplicationKind::Renewal, desk, visitor, wanted);
}

}  // namespace sealdesk::effects
