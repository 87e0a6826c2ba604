#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "requests/office.h"

namespace sealdesk::requests {

/// What the approval of a request would do with a certificate.
enum class Foresight {
    Held,       ///< it would be put on hold
    Released,   ///< it would be valid again
    Revoked,    ///< it would be revoked
    StillHeld,  ///< another source keeps it on hold (M 4.4.9)
    Unchanged,  ///< nothing: it is on hold by this source already, or not at all
};
/// "held", "released", "revoked", "still_held", "unchanged".
[[nodiscard]] std::string_view to_text(Foresight foresight);
[[nodiscard]] std::string_view to_chinese(Foresight foresight);

/// A certificate and what would become of it.
struct Outlook {
    std::string serial;
    Foresight foresight;
};

/// What the effects of an approval would do with the living certificates of the form's applicant,
/// as things stand now. A preview for people: the effects look again when their time comes.
[[nodiscard]] std::vector<Outlook> outlook(store::Tx& tx, const scheme::Scheme& scheme,
                                           const scheme::Form& form, const scheme::Values& values);

}  // namespace sealdesk::requests
