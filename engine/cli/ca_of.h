#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ca/local_ca.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// The signing module of one scheme, in this process, with the profiles it signs by.
struct CaOfDesk {
    ca::Profiles profiles;
    std::unique_ptr<ca::LocalCa> signer;
};

/// Opens the CA of a scheme ("" when the desk has just one) and finishes what a crash left.
/// Errors: ca.which_scheme (Invalid), and those of LocalCa::open().
[[nodiscard]] Result<std::unique_ptr<CaOfDesk>> open_ca(const Program& program, Desk& desk,
                                                        const std::string& scheme);

/// The schemes meant: the one named, or every one that has a CA on this desk.
[[nodiscard]] std::vector<std::string> schemes_with_ca(const Desk& desk, const std::string& scheme);

/// Makes its demo CA. Errors: ca.which_scheme, ca.exists.
[[nodiscard]] Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                                       const std::string& scheme);

}  // namespace sealdesk::cli
