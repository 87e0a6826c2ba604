#pragma once

#include <filesystem>
#include <string>

#include "base/secret.h"
#include "crypto/hsm.h"

namespace sealdesk::test {

inline constexpr std::string_view kHsmPin = "planted-pin-417268";

/// The token "ca-test" of SoftHSM, a hardware security module in software, on a scratch folder:
/// one for each process of tests, found by its children through the environment. A library of this
/// kind reads its configuration once a process, so the token stays; keys differ by their labels.
[[nodiscard]] const crypto::HsmPlace& soft_hsm();

/// pkcs11-tool (OpenSC) on that token, logged in; what it printed.
[[nodiscard]] std::string pkcs11_tool(const std::string& arguments);

}  // namespace sealdesk::test
