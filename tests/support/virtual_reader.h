#pragma once

#include <string>

#include "cards/transport.h"
#include "support/virtual_piv.h"

namespace sealdesk::test {

/// A reader in this process, without PC/SC: what the engine tells the card arrives at once. A card
/// that a fault takes out stays out until it is put in again.
class VirtualTransport final : public cards::Transport {
public:
    /// With the card in it. The card outlives the transport, or the time it is in it.
    explicit VirtualTransport(VirtualPiv& card, std::string reader = "Virtual Reader 00");

    /// Puts the same card in again, or another one. It has no power before, so nothing is verified.
    void insert();
    void insert(VirtualPiv& card);
    void remove();
    [[nodiscard]] bool has_card() const { return inserted_; }

    [[nodiscard]] Result<Secret> transmit(const Secret& command) override;
    [[nodiscard]] const std::string& reader() const override { return reader_; }

private:
    VirtualPiv* card_;
    std::string reader_;
    bool inserted_ = false;
};

}  // namespace sealdesk::test
