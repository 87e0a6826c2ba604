#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// Who put a certificate on hold. A certificate is on hold while any hold is open, and only its
/// source closes it (M 4.4.9): an agency's release leaves the subscriber's own hold in force.
enum class HoldSource {
    Subscriber,  ///< on the website or with the user code (T 4.5, M 4.4.5)
    Counter,     ///< 緊急掛失 (M 4.4.7)
    Agency,      ///< the registry authority
    Court,       ///< court or police notice
    Automatic,   ///< not accepted in time
};
[[nodiscard]] std::string_view to_text(HoldSource source);
[[nodiscard]] std::optional<HoldSource> hold_source_from(std::string_view text);

/// Opens a hold of this source; true when it is the certificate's first, so that the CA must be
/// asked to hold. A second one of the same source changes nothing.
bool open_hold(store::Tx& tx, CertificateId certificate, HoldSource source, std::string_view by);

/// Closes the hold of this source; true when none is left open, so that the CA must be asked to
/// release. Without such a hold nothing changes, and the answer is false.
bool close_hold(store::Tx& tx, CertificateId certificate, HoldSource source, std::string_view by);

/// Whether this actor ("request:R115-000001-2") opened or closed a hold on it before: a job that is
/// run again must not undo what came after it.
[[nodiscard]] bool has_acted(store::Tx& tx, CertificateId certificate, std::string_view by);

/// The sources of the open holds.
[[nodiscard]] std::vector<HoldSource> open_holds(store::Tx& tx, CertificateId certificate);

}  // namespace sealdesk::subscribers
