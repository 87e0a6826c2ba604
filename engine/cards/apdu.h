#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cards/transport.h"

namespace sealdesk::cards {

/// A command before it is cut into APDUs.
struct Command {
    std::uint8_t instruction;
    std::uint8_t p1;
    std::uint8_t p2;
    std::string_view data = {};  ///< any length: chained in parts of 255 bytes
    bool wants_data = true;      ///< Le 00; no Le at all otherwise
};

/// The whole answer, however many APDUs it came in.
struct Answer {
    Secret data;
    std::uint16_t status;  ///< SW1 SW2
    [[nodiscard]] bool ok() const { return status == 0x9000; }
};

/// Commands over a wire: command chaining (CLA 10), GET RESPONSE after 61xx, Le again after 6Cxx
/// (ISO/IEC 7816-4 §5.3). Errors: those of Transport.
class ApduChannel {
public:
    explicit ApduChannel(Transport& transport) : transport_(&transport) {}
    [[nodiscard]] Result<Answer> send(const Command& command);
    [[nodiscard]] const std::string& reader() const { return transport_->reader(); }

private:
    [[nodiscard]] Result<Secret> exchange(const Secret& apdu);
    [[nodiscard]] Result<Answer> send_part(const Command& command, std::string_view part,
                                           bool last);
    Transport* transport_;
};

/// "6982", as messages show it.
[[nodiscard]] std::string status_text(std::uint16_t status);

}  // namespace sealdesk::cards
