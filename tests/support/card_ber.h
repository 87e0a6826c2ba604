#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// BER-TLV (ISO/IEC 7816-4 §5.2.2) of the virtual card: its own, so that a mistake of the engine's
// does not meet its like.
namespace sealdesk::test {

struct BerElement {
    std::uint32_t tag;
    std::string_view content;
};

/// Takes the first element off `rest`; nothing when it is not whole.
[[nodiscard]] std::optional<BerElement> take_ber(std::string_view& rest);

/// The content of the first element of this tag on this level.
[[nodiscard]] std::optional<std::string_view> find_ber(std::string_view bytes, std::uint32_t tag);

[[nodiscard]] std::string ber(std::uint32_t tag, std::string_view content);

}  // namespace sealdesk::test
