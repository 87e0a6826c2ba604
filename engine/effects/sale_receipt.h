#pragma once

#include <string>
#include <string_view>

#include "requests/office.h"
#include "slips/template.h"

namespace sealdesk::effects {

/// The receipt (收據) of what was paid at the counter under a receipt number, from the template
/// "sale-receipt", as a PDF of one page. The same number gives the same paper however often it is
/// asked for; what was given back since says so. Refused: fee.not_found, fee.nothing_paid; errors
/// of the template.
[[nodiscard]] Result<std::string> sale_receipt(const requests::Office& office,
                                               slips::TemplateShelf& templates,
                                               std::string_view number);

}  // namespace sealdesk::effects
