#pragma once

#include <map>
#include <string>

namespace sealdesk::test {

/// The text of every test: "Suite.Name" → the comment right above it and its body;
/// "scenario NAME" → the file.
[[nodiscard]] std::map<std::string, std::string> tests_by_name();

}  // namespace sealdesk::test
