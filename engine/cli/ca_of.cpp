#include "cli/ca_of.h"

#include "ca/profile_reader.h"

namespace sealdesk::cli {
namespace {

Result<const scheme::Scheme*> scheme_named(const Desk& desk, const std::string& name) {
    if (name.empty() && desk.schemes.size() == 1) {
        return &desk.schemes.front();
    }
    const scheme::Scheme* found = scheme::find_scheme(desk.schemes, name);
    if (found == nullptr) {
        return Error{ErrorKind::Invalid,
                     "ca.which_scheme",
                     "Say which scheme's CA is meant: --scheme; `sealdesk form list` shows them.",
                     name,
                     {}};
    }
    return found;
}

ca::CaFiles files_of(const Desk& desk, const scheme::Scheme& scheme) {
    const auto folder = desk.settings.ca / scheme.id;
    return {folder / "ca.pem", folder / "ca.key", folder / "crl"};
}

Result<ca::Profiles> profiles_of(const scheme::Scheme& scheme) {
    return ca::read_profiles(scheme.folder / "profiles.yaml",
                             scheme.folder / "../schema/profiles.schema.json");
}

}  // namespace

std::vector<std::string> schemes_with_ca(const Desk& desk, const std::string& scheme) {
    if (!scheme.empty()) {
        return {scheme};
    }
    std::vector<std::string> names;
    for (const scheme::Scheme& one : desk.schemes) {
        if (std::filesystem::exists(files_of(desk, one).certificate)) {
            names.push_back(one.id);
        }
    }
    if (names.empty()) {
        names.emplace_back();  // open_ca() says what is missing
    }
    return names;
}

Result<std::unique_ptr<CaOfDesk>> open_ca(const Program& program, Desk& desk,
                                          const std::string& scheme_name) {
    const auto scheme = scheme_named(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    auto profiles = profiles_of(**scheme);
    if (!profiles) {
        return profiles.error();
    }
    const auto passphrase = read_password(desk.settings.ca_passphrase_file,
                                          program.pick("CA 金鑰密碼：", "CA key passphrase: "));
    if (!passphrase) {
        return passphrase.error();
    }
    auto signer =
        ca::LocalCa::open(desk.database, files_of(desk, **scheme), *passphrase, *profiles);
    if (!signer) {
        return signer.error();
    }
    (*signer)->recover();
    return std::make_unique<CaOfDesk>(CaOfDesk{*std::move(profiles), *std::move(signer)});
}

Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                         const std::string& scheme_name) {
    const auto scheme = scheme_named(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    const auto profiles = profiles_of(**scheme);
    if (!profiles) {
        return profiles.error();
    }
    const auto passphrase = read_password(desk.settings.ca_passphrase_file,
                                          program.pick("CA 金鑰密碼：", "CA key passphrase: "));
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::init_demo_ca(files_of(desk, **scheme), *passphrase, *profiles, desk.clock.now(),
                            desk.random);
}

}  // namespace sealdesk::cli
