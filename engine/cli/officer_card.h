#pragma once

#include <chrono>
#include <memory>

#include "cli/card_in_reader.h"
#include "officers/card_key.h"

namespace sealdesk::cli {

/// The key of an officer's card that lies in a reader of this machine.
class OfficerCard final : public officers::OfficerKey {
public:
    /// In the reader that --reader, $SEALDESK_READER or the setting officer.reader names. Its PIN
    /// is asked for with the first signature: from --password-file, or at the terminal, and
    /// remembered as long as the setting officer.pin_minutes says. Errors: those of open_card() and
    /// CardKey::open().
    [[nodiscard]] static Result<std::unique_ptr<OfficerCard>> open(const Program& program,
                                                                   Desk& desk,
                                                                   std::chrono::minutes remembered);

    [[nodiscard]] Result<std::string> sign(std::string_view bytes, Instant at) override {
        return key_.sign(bytes, at);
    }
    [[nodiscard]] const crypto::Certificate& certificate() const override {
        return key_.certificate();
    }
    [[nodiscard]] std::optional<Instant> remembered_until() const {
        return key_.remembered_until();
    }
    [[nodiscard]] bool is_there() override;

    OfficerCard(CardInReader place, officers::CardKey key)
        : place_(std::move(place)), key_(std::move(key)) {}

private:
    CardInReader place_;
    officers::CardKey key_;
};

}  // namespace sealdesk::cli
