#pragma once

#include <string>

#include "requests/request.h"
#include "scan/page_store.h"
#include "scheme/scheme.h"

namespace sealdesk::requests {

/// The request's findings, with what the check-boxes of a scanned page say differently from what
/// was keyed (scan.box_differs), or say where nothing was keyed (scan.box_proposes). Findings of
/// an earlier scan about the same fields go. Fields with an unsure box are left to the person who
/// files the page. Canonical JSON, as intake::findings_to_json().
[[nodiscard]] std::string with_page_findings(const Request& request, const scheme::Form& form,
                                             const scan::KeptReading& reading);

}  // namespace sealdesk::requests
