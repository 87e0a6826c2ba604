#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ca/custody.h"
#include "ca/local_ca.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// The signing module of one scheme, in this process, with the profiles it signs by.
struct CaOfDesk {
    ca::Profiles profiles;
    std::unique_ptr<ca::LocalCa> signer;
};

/// The scheme whose CA is meant ("" when the desk has just one), the files of its CA, and the
/// profiles it signs by. Error (Invalid) ca.which_scheme.
[[nodiscard]] Result<const scheme::Scheme*> scheme_of_ca(const Desk& desk, const std::string& name);
[[nodiscard]] ca::CaFiles ca_files(const Desk& desk, const scheme::Scheme& scheme);
[[nodiscard]] Result<ca::Profiles> ca_profiles(const scheme::Scheme& scheme);

/// What opens its key: the shares that were brought along (--share), or for a key that is not in
/// custody the passphrase. Errors: those of KeyShares::unlock(), ca::release_key(),
/// read_password().
[[nodiscard]] Result<ca::KeyRelease> release_of_ca(const Program& program, Desk& desk,
                                                   const ca::CaFiles& files);

/// Opens the CA of a scheme ("" when the desk has just one) and finishes what a crash left.
/// Errors: ca.which_scheme (Invalid), and those of release_of_ca() and LocalCa::open().
[[nodiscard]] Result<std::unique_ptr<CaOfDesk>> open_ca(const Program& program, Desk& desk,
                                                        const std::string& scheme);

/// The schemes meant: the one named, or every one that has a CA on this desk.
[[nodiscard]] std::vector<std::string> schemes_with_ca(const Desk& desk, const std::string& scheme);

/// Makes its demo CA. Errors: ca.which_scheme, ca.exists.
[[nodiscard]] Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                                       const std::string& scheme);

}  // namespace sealdesk::cli
