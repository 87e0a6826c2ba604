#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "requests/request.h"
#include "scheme/scheme.h"

/// What people read in a month's report for the codes in it.
namespace sealdesk::jobs {

/// "certificates.issued": 簽發憑證, certificates issued.
[[nodiscard]] Bilingual words_of_figure(std::string_view name);

/// A form's short title; an empty or unknown one as it is.
[[nodiscard]] Bilingual words_of_form(const std::vector<scheme::Scheme>& schemes,
                                      std::string_view scheme, std::string_view form);

[[nodiscard]] Bilingual words_of_scheme(const std::vector<scheme::Scheme>& schemes,
                                        std::string_view scheme);

/// Of an applicant's kind, as any of the scheme's forms names it.
[[nodiscard]] Bilingual words_of_applicant(const std::vector<scheme::Scheme>& schemes,
                                           std::string_view scheme, std::string_view kind);

/// "115年11月", "November 2026".
[[nodiscard]] Bilingual words_of_month(std::chrono::year_month month);

}  // namespace sealdesk::jobs
