#include "effects/application_steps.h"

#include "audit/log.h"
#include "base/digest.h"
#include "effects/certificate_order.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationState;
using subscribers::CertificateApplication;

void note_refusal(const ApplicationDesk& desk, const CertificateApplication& one,
                  const std::string& request_number, const Error& error) {
    store::transact(desk.office.database, "certificate.refused", [&](store::Tx& tx) {
        subscribers::refuse_application(tx, one.order_key, error.code);
        audit::append(tx, {"certificate.application-refused",
                           one.by,
                           "request:" + request_number,
                           {{"order", one.order_key}, {"code", error.code}}});
    });
}

Result<ca::IssuedCertificate> order_for_application(const ApplicationDesk& desk,
                                                    const CertificateApplication& one,
                                                    const std::string& request_number) {
    auto standing = store::transact(desk.office.database, "certificate.read", [&](store::Tx& tx) {
        return read_standing(tx, desk.office, request_number);
    });
    if (!standing) {
        return standing.error();
    }
    const ca::Profile* profile = desk.profiles.find(one.profile);
    if (profile == nullptr) {
        throw_internal("certificate.no_profile", "An application's profile is gone.");
    }
    const bool is_key_file = one.kind == subscribers::ApplicationKind::KeyFile;
    if (is_key_file) {
        standing->token.reset();  // it does not lie in the card that signed for it
    }
    ca::Order order = order_for(*standing, *profile, one.csr);
    order.key = one.order_key;
    if (is_key_file) {
        std::swap(order.csr, order.public_key);
    }
    if (!one.word.empty()) {
        order.approval_sha256 = sha256_hex(one.word);
    }
    return order_and_keep(desk.office, desk.authority, *standing, order, one.by);
}

/// The certificate that an application brought before.
ca::IssuedCertificate issued_before(const ApplicationDesk& desk, const std::string& order_key) {
    return store::transact(desk.office.database, "certificate.read", [&](store::Tx& tx) {
        const auto serial = subscribers::serial_of_order(tx, order_key);
        const auto one = serial ? subscribers::find_certificate(tx, *serial) : std::nullopt;
        SEALDESK_CHECK(one.has_value());  // kept in the commit that closed the application
        return ca::IssuedCertificate{order_key, one->serial, one->der, one->not_before,
                                     one->not_after};
    });
}

/// Asks the CA and keeps what it says.
Result<ca::IssuedCertificate> carry_out(const ApplicationDesk& desk,
                                        const CertificateApplication& one) {
    if (one.state == ApplicationState::Issued) {
        return issued_before(desk, one.order_key);
    }
    const std::string number = store::transact(
        desk.office.database, "certificate.read",
        [&](store::Tx& tx) { return requests::get_request(tx, one.request).number; });
    auto issued = order_for_application(desk, one, number);
    if (!issued && issued.error().kind != ErrorKind::Unavailable) {
        note_refusal(desk, one, number, issued.error());
    }
    return issued;
}

}  // namespace

std::optional<CertificateApplication> unfinished(store::Tx& tx,
                                                 const CertificateApplication& fresh) {
    auto same = subscribers::find_application(tx, fresh.order_key);
    const bool there =
        same && (same->state == ApplicationState::Open ||
                 (same->state == ApplicationState::Issued && same->kind == fresh.kind));
    return there ? same : subscribers::application_open_for(tx, fresh.subscriber, fresh.profile);
}

void store_application(store::Tx& tx, const CertificateApplication& fresh,
                       const std::string& request_number) {
    subscribers::open_application(tx, fresh);
    audit::append(tx, {"certificate.applied",
                       fresh.by,
                       "request:" + request_number,
                       {{"kind", subscribers::to_text(fresh.kind)},
                        {"profile", fresh.profile},
                        {"order", fresh.order_key},
                        {"word_sha256", fresh.word.empty() ? "" : sha256_hex(fresh.word)}}});
}

Result<ca::IssuedCertificate> carry_through(const ApplicationDesk& desk,
                                            subscribers::ApplicationKind kind,
                                            const std::string& csr, const BeginApplication& begin) {
    for (;;) {
        const auto begun = store::transact(desk.office.database, "certificate.apply", begin);
        if (!begun) {
            return begun.error();
        }
        auto issued = carry_out(desk, *begun);
        const bool cannot_now = !issued && issued.error().kind == ErrorKind::Unavailable;
        if ((begun->kind == kind && begun->csr == csr) || cannot_now) {
            return issued;
        }
    }
}

}  // namespace sealdesk::effects
