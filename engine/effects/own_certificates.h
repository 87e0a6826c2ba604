#pragma once

#include <string_view>
#include <vector>

#include "effects/login.h"
#include "subscribers/certificate.h"

// What a subscriber sees and does with its own certificates on the website (T 4.10.2: nobody
// else's; one that is another's is as unknown as one that does not exist).
namespace sealdesk::effects {

/// The visitor's certificates, oldest first (T 4.10.1).
[[nodiscard]] std::vector<subscribers::Certificate> own_certificates(const requests::Office& office,
                                                                     const Visitor& visitor);

/// Activation (T 4.3.1, T 5.3.2): the visitor has been shown the content and confirms it; from now
/// on the certificate is handed out. Again changes nothing. Errors: certificate.unknown,
/// certificate.none_alive, certificate.on_hold, card.not_received.
[[nodiscard]] Result<subscribers::Certificate> activate_certificate(const requests::Office& office,
                                                                    const Visitor& visitor,
                                                                    std::string_view serial);

/// Hands an activated certificate out again (C 8.1). Errors: certificate.unknown,
/// certificate.not_accepted (T 4.3.1).
[[nodiscard]] Result<subscribers::Certificate> download_certificate(const requests::Office& office,
                                                                    const Visitor& visitor,
                                                                    std::string_view serial);

}  // namespace sealdesk::effects
