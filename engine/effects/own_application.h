#pragma once

#include <string>

#include "effects/application_steps.h"
#include "effects/login.h"

// What a subscriber asks for on the website, with its password. The application is stored before
// the CA is asked: two at once for one kind give one certificate, and the same CSR again, after a
// crash or a lost answer, gets the same one. What the CA cannot do now stays open, and the
// subscriber's next application finishes it first.
namespace sealdesk::effects {

/// What a subscriber hands in.
struct OwnApplication {
    std::string csr;           ///< PKCS#10, PEM or DER; its key was never certified before
    std::string profile = {};  ///< of the product's certificates; empty: its first
};

/// The certificate that the visitor's registration stands for (T 5.2.1): kind and subject from the
/// register, never from the CSR, which proves that the key is possessed. Refused:
/// certificate.alive (T 4.4.1: it is renewed), certificate.register_again (T 4.4.1: the one of this
/// registration has ended), certificate.not_approved, certificate.no_profile; Invalid:
/// ca.csr_unreadable, ca.no_possession; and what the CA refuses.
[[nodiscard]] Result<ca::IssuedCertificate> apply_for_certificate(const ApplicationDesk& desk,
                                                                  const Visitor& visitor,
                                                                  const OwnApplication& wanted);

/// Another certificate of the kind for a new key, in the last month of the present one, which stays
/// valid until its end (T 4.4.1, C 6.3). Refused: renewal.not_offered, renewal.none,
/// renewal.same_key, and those of check_renewable() and apply_for_certificate().
[[nodiscard]] Result<ca::IssuedCertificate> renew_certificate(const ApplicationDesk& desk,
                                                              const Visitor& visitor,
                                                              const OwnApplication& wanted);

}  // namespace sealdesk::effects
