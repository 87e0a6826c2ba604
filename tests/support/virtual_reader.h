#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "cards/transport.h"
#include "support/temp_folder.h"
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

/// A smart card service of the tests' own (support/pcscd.sh) with two virtual readers, ended with
/// the object. Throws when it cannot be started, as for anyone but root.
class PrivatePcscd {
public:
    PrivatePcscd();
    ~PrivatePcscd();
    PrivatePcscd(const PrivatePcscd&) = delete;
    PrivatePcscd& operator=(const PrivatePcscd&) = delete;

    /// "NAME=value", which leads a PC/SC client to it.
    [[nodiscard]] std::string environment() const;
    /// Name of the first reader (0) or the second one (1).
    [[nodiscard]] std::string reader(int slot = 0) const;
    /// Where that reader waits for its card: network namespace and port.
    [[nodiscard]] const std::string& network() const;
    [[nodiscard]] std::uint16_t port(int slot = 0) const;

    /// The one of this process, started at the first call; the environment leads there from then
    /// on. A process has one only: PC/SC's library stays with the first service it has met.
    static const PrivatePcscd& of_this_process();

private:
    TempFolder folder_;
    std::map<std::string, std::string> told_;
};

/// A card in a reader of pcscd. A fault that takes the card out leaves it out until insert().
class VpcdCard {
public:
    /// Not inserted yet. Card and service outlive the object.
    VpcdCard(VirtualPiv& card, const PrivatePcscd& service, int slot = 0);
    ~VpcdCard();
    VpcdCard(const VpcdCard&) = delete;
    VpcdCard& operator=(const VpcdCard&) = delete;

    /// Returns when pcscd has seen the card and shows it to its clients, about a second later.
    /// Throws when it does not within twelve.
    void insert();
    /// Returns when pcscd has seen that the card is out, about half a second later.
    void remove();
    [[nodiscard]] bool inserted() const { return inserted_; }

private:
    bool is_seen();
    void serve(int connection);

    VirtualPiv& card_;
    std::string network_;
    std::uint16_t port_;
    std::thread thread_;
    int connection_ = -1;
    std::atomic<bool> inserted_ = false;
    // Of the card's thread.
    std::atomic<bool> powered_ = false;  ///< since it is in
    std::atomic<int> looks_ = 0;         ///< how often pcscd asked for the ATR since then
    std::chrono::steady_clock::time_point removed_at_;
};

}  // namespace sealdesk::test
