#pragma once

#include <memory>
#include <string>

#include "base/secret.h"

// A user code on its way from a cell into a Secret; nothing outside this room includes it.
namespace sealdesk::intake {

/// The cell's text without the blanks around it, as a secret; the cell is wiped. Null when it was
/// empty.
[[nodiscard]] std::shared_ptr<const Secret> take_secret(std::string& cell);

}  // namespace sealdesk::intake
