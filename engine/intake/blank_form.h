#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// Side of the box for a natural or responsible person's seal, and for an organisation's, in
/// millimetres: company seals are 28–42 mm, personal ones 12–18 mm (notes on seals), with room to
/// set them askew.
inline constexpr double kPersonalSealBox = 25;
inline constexpr double kCompanySealBox = 50;

/// What the QR code of a form says: "sealdesk:<scheme>/<form>/<version>".
[[nodiscard]] std::string form_code(const scheme::Scheme& scheme, const scheme::Form& form);

/// The empty form as PDF, drawn from its definition: every field on the paper with its label, tick
/// boxes for choices, the documents checklist, the declaration above the seal boxes, and what the
/// office fills in. A4, Traditional Chinese with small English.
[[nodiscard]] std::string print_blank_form(const scheme::Scheme& scheme, const scheme::Form& form,
                                           Instant created);

}  // namespace sealdesk::intake
