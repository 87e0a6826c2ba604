#pragma once

#include <string>
#include <vector>

namespace sealdesk::test {

/// Runs one test of this program in a process of its own, which may be killed, with these
/// environment variables ("NAME=value"; one without a value is left out) and no others. Returns
/// its wait status.
int run_child_test(const std::string& test_name, const std::vector<std::string>& environment);

}  // namespace sealdesk::test
