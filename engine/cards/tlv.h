#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// BER-TLV as cards speak it (ISO/IEC 7816-4 §5.2.2): tags of one to three bytes.
namespace sealdesk::cards {

/// Tag (as a number, such as 0x7F49), length, content.
[[nodiscard]] std::string tlv(std::uint32_t tag, std::string_view content);

/// The content of the first element of this tag on this level; nothing when there is none, or the
/// bytes before it are no BER-TLV of definite length. A view into `bytes`.
[[nodiscard]] std::optional<std::string_view> find_tlv(std::string_view bytes, std::uint32_t tag);

}  // namespace sealdesk::cards
