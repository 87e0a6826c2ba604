#pragma once

#include <memory>
#include <string>

#include "cli/ca_of.h"
#include "cli/card_in_reader.h"
#include "cli/works_of.h"
#include "effects/personalise.h"

namespace sealdesk::cli {

/// What blank cards are delivered with: the values that everybody knows, unless the settings name
/// files with others (card.pin_file, card.puk_file); the key by management_key(). Errors: those of
/// read_password() and management_key().
[[nodiscard]] Result<effects::TransportSecrets> transport_secrets(const Desk& desk);

/// The station of this desk: what effects::Station borrows, owned together.
class StationOfDesk {
public:
    /// Errors: those of transport_secrets(), WorksOfDesk::open() and Certificate::load().
    [[nodiscard]] static Result<std::unique_ptr<StationOfDesk>> open(const Program& program,
                                                                     Desk& desk,
                                                                     const std::string& actor);
    StationOfDesk(const StationOfDesk&) = delete;
    StationOfDesk& operator=(const StationOfDesk&) = delete;

    effects::Station station;

private:
    StationOfDesk(Desk& desk, std::unique_ptr<WorksOfDesk> works, crypto::Certificate vault,
                  effects::TransportSecrets transport, const std::string& actor);

    Result<const ca::Profiles*> profiles_of(Desk& desk, const std::string& scheme);

    std::unique_ptr<WorksOfDesk> works_;
    effects::PukVault vault_;
    effects::TransportSecrets transport_;
    std::map<std::string, ca::Profiles> profiles_;
};

}  // namespace sealdesk::cli
