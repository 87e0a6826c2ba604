#pragma once

// Inside of slips/ only: pages from templates.

#include "paper/page.h"
#include "slips/slip.h"
#include "slips/template.h"

namespace sealdesk::slips {

/// Stamps an item and, on stock that is printed on both sides, fills its last sheet with an empty
/// page, so that every item starts on a sheet of its own. Returns the pages, the empty one
/// included.
[[nodiscard]] Result<int> stamp_sheets(const CompiledTemplate& compiled, paper::Document& document,
                                       const Fields& fields, const SecretFields& secrets);

/// The slip's own fields and those of slip_fields() that the template asks for.
[[nodiscard]] Fields fields_for(const CompiledTemplate& compiled, const Slip& slip, Instant now);

/// Ends the document; its bytes as a Secret, with no other copy left in our memory.
[[nodiscard]] Secret finish_secret(paper::Document& document);

}  // namespace sealdesk::slips
