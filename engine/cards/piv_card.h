#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "cards/apdu.h"
#include "cards/card.h"

namespace sealdesk::cards {

/// A card with a PIV applet (NIST SP 800-73-4): signature key in 9C, encryption key in 9D. Commands
/// are chained, never extended, because some applets refuse extended length (notes: two applets
/// measured). The applet's PIN is asked for before each signature of 9C, as the standard has it.
class PivCard final : public Card {
public:
    PivCard(Transport& transport, Random& random, const PinForm& form = {});

    [[nodiscard]] Outcome select() override;
    [[nodiscard]] Result<std::string> identity() override;
    [[nodiscard]] Outcome write_identity(std::string_view identity, Instant expiry) override;
    [[nodiscard]] Result<PinState> pin_state() override;
    [[nodiscard]] Outcome verify_pin(const Secret& pin) override;
    [[nodiscard]] Outcome change(Credential which, const Secret& old, const Secret& fresh) override;
    [[nodiscard]] Outcome unblock(const Secret& puk, const Secret& fresh_pin) override;
    [[nodiscard]] Outcome authenticate(const ManagementKey& key) override;
    /// By Yubico's command (INS FF), which plain PIV applets do not know.
    [[nodiscard]] Outcome change_management_key(const ManagementKey& fresh) override;
    [[nodiscard]] Result<std::string> generate(KeySlot slot) override;
    [[nodiscard]] Result<std::string> sign_digest(KeySlot slot, std::string_view digest) override;
    [[nodiscard]] Result<std::string> certificate(KeySlot slot) override;
    [[nodiscard]] Outcome write_certificate(KeySlot slot, std::string_view der) override;

private:
    [[nodiscard]] Result<std::string> read_object(std::string_view tag);
    [[nodiscard]] Outcome write_object(std::string_view tag, std::string_view content);
    [[nodiscard]] Outcome change_reference(std::uint8_t instruction, std::uint8_t reference,
                                           const Secret& known, const Secret& fresh);

    ApduChannel channel_;
    Random& random_;
    PinForm form_;
};

}  // namespace sealdesk::cards
