#pragma once

#include <cstdint>

#include "base/progress.h"
#include "effects/works.h"

// The repository's folder, which any web server may offer as it is (M 2.6.1):
//
//   <repository>/SCHEME/ca.crt                    the CA's own certificate, DER
//   <repository>/SCHEME/*.crl                     its CRLs
//   <repository>/SCHEME/certificates/SERIAL.crt   an accepted certificate, DER
//
// Every file is there whole or not at all.
namespace sealdesk::effects {

/// Until when an accepted certificate must be published: the end of the next working day (M 2.6.2).
[[nodiscard]] Instant publication_due(const Works& works, const std::string& scheme,
                                      Instant accepted_at);

/// Brings CRLs and CAs' certificates in the repository up to those in the CAs' folder; how many
/// files changed. Nothing to do where the CA is elsewhere.
[[nodiscard]] std::int64_t publish_crls(const Works& works);

/// What publish_all() did.
struct Published {
    std::int64_t certificates = 0;  ///< published now
    std::int64_t restored = 0;      ///< files that were lost or damaged
    std::int64_t crls = 0;          ///< files of CAs
    std::int64_t waiting = 0;       ///< not published yet: see `doctor`
    bool stopped = false;           ///< as the watch asked: again looks at everything anew
};

/// Everything, by looking at every accepted certificate: for a folder that was lost, and for what
/// was accepted before the desk had a repository. Done again it changes nothing.
[[nodiscard]] Published publish_all(const Works& works, const Watch& watch = {});

}  // namespace sealdesk::effects
