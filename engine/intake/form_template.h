#pragma once

#include <filesystem>

#include "base/clock.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// Names a form and its version: "sealdesk:<scheme>/<form>/<version>".
[[nodiscard]] std::string form_code(const scheme::Scheme& scheme, const scheme::Form& form);

/// An empty spreadsheet for the form, made from its definition: one column a field with headings
/// in both languages, notes (what is accepted, the rule, the hint), drop-downs where there is a
/// choice; every cell is text, so that leading zeros live and 67/01/27 stays what was typed. A
/// second sheet explains, and carries the mark ("sealdesk:<scheme>/<form>/<version>") by which the
/// import knows the form; a third, hidden, holds the choices. Throws Failure (file.not_written).
void write_form_template(const scheme::Scheme& scheme, const scheme::Form& form,
                         const std::filesystem::path& file, Instant created);

}  // namespace sealdesk::intake
