#pragma once

#include <string>

#include "image/image.h"

namespace sealdesk::test {

/// A valid ROC national ID made from a running number (0 to 89,999,999).
[[nodiscard]] std::string national_id(int number);

/// The seal of somebody: the same name gives the same picture, another name another one.
[[nodiscard]] image::Picture draw_seal(const std::string& name);

}  // namespace sealdesk::test
