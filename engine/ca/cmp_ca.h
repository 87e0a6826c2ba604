#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ca/ca_client.h"
#include "ca/profile.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace sealdesk::ca {

/// Who talks by CMP to whom.
struct CmpParties {
    crypto::KeyPair key;              ///< the RA's, registered at the CA
    crypto::Certificate certificate;  ///< its certificate, with a subjectKeyIdentifier
    crypto::Certificate responder;    ///< signs the CA's answers; exactly this one is believed
    crypto::Certificate authority;    ///< the CA's own: issued certificates must carry its name
};

/// A CA elsewhere, by CMP (RFC 4210): ir with raVerified for a public key, p10cr for a CSR that
/// says exactly what was approved (otherwise the CSR's proof is verified here and its key goes as
/// raVerified), rr with reason 6 for hold, 8 for release. Profile and approval go along in
/// generalInfo (cmp_message.h); a CA of another make ignores them and has its own profiles.
///
/// The transactionID is made from the order's key, so that a repeated order is the same
/// transaction: the CA answers it as it did the first time, or carries out what it did not get. An
/// order refused once and corrected needs a new key where the CA keeps to that strictly, as ours
/// does.
///
/// Errors, besides those of CaClient and local_ca.h, which our own server names: ca.cmp_refused
/// (Refused: anything else the CA said no to), ca.cmp_unavailable (Unavailable: the CA says it
/// cannot now), ca.cmp_no_answer (Unavailable: no answer, or one that is not the CA's),
/// ca.cmp_wrong_certificate (Internal: issued, but not as ordered; hold it and call the CA),
/// ca.cmp_expired (Refused: the RA's or the responder's certificate has run out), and the
/// transport's own. One object serves one thread.
class CmpCa final : public CaClient {
public:
    /// Carries one DER PKIMessage there and brings the answer (RFC 9811: POST,
    /// application/pkixcmp). Its errors should be of kind Unavailable.
    using Transport = std::function<Result<std::string>(std::string_view request)>;

    /// The DER certificate of a serial number: rr names it by issuer and serial, and OpenSSL takes
    /// both from the certificate itself. The RA keeps what it was issued.
    using FindCertificate = std::function<std::optional<std::string>(std::string_view serial)>;

    CmpCa(const Clock& clock, CmpParties parties, Profiles profiles, Transport transport,
          FindCertificate find_certificate);

    /// One message an order. After an order that got no answer the rest are not tried.
    [[nodiscard]] std::vector<Result<IssuedCertificate>> issue_all(
        std::span<const Order> orders) override;
    [[nodiscard]] Outcome hold(const StatusOrder& order) override;
    [[nodiscard]] Outcome release(const StatusOrder& order) override;
    [[nodiscard]] Outcome revoke(const StatusOrder& order) override;

    /// CMP has no such question: always ca.cmp_no_status (Unavailable). Ask the CA's OCSP
    /// responder.
    [[nodiscard]] Result<CertificateStatus> status(std::string_view serial) override;

    /// Always ca.no_crl (NotFound): a CA elsewhere publishes its CRL itself.
    [[nodiscard]] Result<CrlInfo> latest_crl() override;

private:
    [[nodiscard]] Result<IssuedCertificate> issue_one(const Order& order);
    [[nodiscard]] Outcome change_status(const StatusOrder& order, int reason);
    [[nodiscard]] Outcome check_parties() const;

    const Clock& clock_;
    CmpParties parties_;
    Profiles profiles_;
    Transport transport_;
    FindCertificate find_certificate_;
};

}  // namespace sealdesk::ca
