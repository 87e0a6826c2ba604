#pragma once

#include <string>

#include "slips/print_batch.h"

namespace sealdesk::slips {

inline constexpr const char* kControlTemplate = "batch-control";

/// The control sheet of a printed batch, from the template "batch-control", as a PDF: batch, stock,
/// sums, first and last slip, where each slip lies, SHA-256 of the print file, who printed when,
/// places to sign. No names, no secrets; it may be made again. Errors: slips.batch_not_found,
/// slips.not_printed (Refused), those of the template.
[[nodiscard]] Result<std::string> control_sheet(store::Database& database, TemplateShelf& templates,
                                                std::string_view number);

}  // namespace sealdesk::slips
