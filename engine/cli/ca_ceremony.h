#pragma once

#include "cli/desk.h"

namespace sealdesk::cli {

/// How a CA's key shall be held, as the command line says it.
struct CeremonyArguments {
    std::string shares;                ///< "3/5"; empty: under the passphrase of the settings
    std::string folder;                ///< where the share files go
    std::vector<std::string> holders;  ///< NAME=PASSPHRASE_FILE, or NAME, who types it
    std::string protocol;              ///< FILE.pdf
};

/// How a CA's next key shall be held: --shares, --hsm, or under the passphrase of the settings.
struct RekeyArguments {
    CeremonyArguments ceremony;
    bool in_hsm = false;
    std::string hsm_label;
    bool again = false;  ///< though it was changed within the last day
};

/// --shares, --share-out, --holder, --protocol.
void add_ceremony_options(CLI::App& command, const Program& program, CeremonyArguments& arguments,
                          bool shares_required);

/// `ca init --shares` and `ca share`. Errors: ca.which_scheme, share.bad_numbers,
/// share.holder_count (Invalid), share.typed_differently (Refused), those of read_password(),
/// ca::init_in_custody(), ca::share_anew() and of the protocol's template.
[[nodiscard]] Outcome init_ca_in_custody(Program& program, Desk& desk, const std::string& scheme,
                                         const CeremonyArguments& arguments);
[[nodiscard]] Outcome share_ca_anew(Program& program, Desk& desk, const std::string& scheme,
                                    const CeremonyArguments& arguments);

/// `ca rekey`. Errors as above, those of ca::rekey(), hsm_pin() and ca::init_in_hsm().
[[nodiscard]] Outcome change_ca_key(Program& program, Desk& desk, const std::string& scheme,
                                    const RekeyArguments& arguments);

}  // namespace sealdesk::cli
