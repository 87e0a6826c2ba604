#pragma once

#include <string>
#include <vector>

namespace sealdesk::test {

/// A year as the government's CSV: Monday to Friday, but for the days named as YYYYMMDD.
[[nodiscard]] std::string calendar_csv(int year, const std::vector<std::string>& off,
                                       const std::vector<std::string>& make_up);

}  // namespace sealdesk::test
