#pragma once

#include <string>

#include "ca/custody.h"
#include "scheme/scheme.h"
#include "slips/template.h"

namespace sealdesk::effects {

/// The protocol (紀錄) of a ceremony in which a CA's key was given into the custody of several
/// people (M 6.2.2), from the template "ceremony-protocol", as a PDF: what was done, when, with
/// which certificate, who received which share; the steps with boxes to tick and places to sign. It
/// holds no secret. Errors: those of the template, which `templates.get()` finds before the
/// ceremony.
[[nodiscard]] Result<std::string> ceremony_protocol(const scheme::Scheme& scheme,
                                                    slips::TemplateShelf& templates,
                                                    const ca::Ceremony& ceremony);

inline constexpr const char* kCeremonyTemplate = "ceremony-protocol";

}  // namespace sealdesk::effects
