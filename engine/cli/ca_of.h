#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ca/custody.h"
#include "ca/local_ca.h"
#include "ca/rekey.h"
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
[[nodiscard]] Result<ca::Profiles> ca_profiles(const scheme::Scheme& scheme, int generation = 1);

/// A CA that is to be made or changed.
struct CaPlan {
    const scheme::Scheme& scheme;
    ca::Profiles profiles;
};
[[nodiscard]] Result<CaPlan> plan_ca(const Desk& desk, const std::string& scheme);

/// The files of all its keys, oldest first; ca_files() gives the last.
[[nodiscard]] std::vector<ca::CaFiles> ca_keys(const Desk& desk, const scheme::Scheme& scheme);

/// What opens its key: the shares that were brought along (--share), the PIN of the token that has
/// it, or else the passphrase. Errors: those of KeyShares::unlock(), ca::release_key(), hsm_pin(),
/// read_password().
[[nodiscard]] Result<ca::KeyRelease> release_of_ca(const Program& program, Desk& desk,
                                                   const ca::CaFiles& files);

/// The token's PIN: from $SEALDESK_CA_PKCS11_PIN, the setting ca.pkcs11_pin_file, or typed. Errors:
/// those of read_password().
[[nodiscard]] Result<Secret> hsm_pin(const Program& program, const Desk& desk);
/// Whether it comes without a person.
[[nodiscard]] bool has_hsm_pin(const Desk& desk);

/// Of keys that lie in files under one. Errors: those of read_password().
[[nodiscard]] Result<Secret> ca_passphrase(const Program& program, const Desk& desk);

/// The label wanted, or one with the scheme and the day.
[[nodiscard]] std::string hsm_label(const Desk& desk, const scheme::Scheme& scheme,
                                    const std::string& wanted);

/// Opens the CA of a scheme ("" when the desk has just one) and finishes what a crash left.
/// Errors: ca.which_scheme (Invalid), and those of release_of_ca() and LocalCa::open().
[[nodiscard]] Result<std::unique_ptr<CaOfDesk>> open_ca(const Program& program, Desk& desk,
                                                        const std::string& scheme);

/// The same with one of its keys.
[[nodiscard]] Result<std::unique_ptr<CaOfDesk>> open_ca_key(const Program& program, Desk& desk,
                                                            const scheme::Scheme& scheme,
                                                            const ca::CaFiles& files);

/// The schemes meant: the one named, or every one that has a CA on this desk.
[[nodiscard]] std::vector<std::string> schemes_with_ca(const Desk& desk, const std::string& scheme);

/// A CA of this desk whose key is to be changed (M 4.7), and when it may sign no certificate more.
struct KeyDue {
    std::string scheme;
    Instant end;
};
[[nodiscard]] std::vector<KeyDue> ca_keys_due(const Desk& desk);

/// Makes its demo CA. Errors: ca.which_scheme, ca.exists.
[[nodiscard]] Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                                       const std::string& scheme);

/// The same with a key that is made in the HSM of the settings; an empty label is chosen. Errors:
/// ca.which_scheme, those of hsm_pin() and ca::init_in_hsm().
[[nodiscard]] Result<crypto::Certificate> make_hsm_ca(const Program& program, Desk& desk,
                                                      const std::string& scheme,
                                                      const std::string& label);

}  // namespace sealdesk::cli
