#pragma once

// Inside of paper/ only.

#include <string>
#include <string_view>

namespace sealdesk::paper {

/// Four hexadecimal digits.
void put_hex16(std::string& out, unsigned value);

/// The text as a PDF stores it: UTF-16, big-endian.
[[nodiscard]] std::string utf16(std::string_view utf8);

}  // namespace sealdesk::paper
