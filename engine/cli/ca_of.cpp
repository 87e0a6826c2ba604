#include "cli/ca_of.h"

#include "ca/profile_reader.h"
#include "cli/key_shares.h"

namespace sealdesk::cli {

Result<const scheme::Scheme*> scheme_of_ca(const Desk& desk, const std::string& name) {
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

ca::CaFiles ca_files(const Desk& desk, const scheme::Scheme& scheme) {
    const auto folder = desk.settings.ca / scheme.id;
    return {folder / "ca.pem", folder / "ca.key", folder / "crl"};
}

Result<ca::Profiles> ca_profiles(const scheme::Scheme& scheme) {
    return ca::read_profiles(scheme.folder / "profiles.yaml",
                             scheme.folder / "../schema/profiles.schema.json");
}

Result<ca::KeyRelease> release_of_ca(const Program& program, Desk& desk, const ca::CaFiles& files) {
    if (ca::custody_of(files)) {
        const Outcome unlocked = program.shares ? program.shares->unlock(program) : done();
        if (!unlocked) {
            return unlocked.error();
        }
        return ca::release_key(
            desk.database, files,
            program.shares ? program.shares->opened() : std::span<const crypto::Share>());
    }
    auto passphrase = read_password(desk.settings.ca_passphrase_file,
                                    program.pick("CA 金鑰密碼：", "CA key passphrase: "));
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::KeyRelease{*std::move(passphrase), {}, {}};
}

std::vector<std::string> schemes_with_ca(const Desk& desk, const std::string& scheme) {
    if (!scheme.empty()) {
        return {scheme};
    }
    std::vector<std::string> names;
    for (const scheme::Scheme& one : desk.schemes) {
        if (std::filesystem::exists(ca_files(desk, one).certificate)) {
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
    const auto scheme = scheme_of_ca(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    auto profiles = ca_profiles(**scheme);
    if (!profiles) {
        return profiles.error();
    }
    const ca::CaFiles files = ca_files(desk, **scheme);
    const auto release = release_of_ca(program, desk, files);
    if (!release) {
        return release.error();
    }
    auto signer = ca::LocalCa::open(desk.database, files, release->passphrase, *profiles);
    if (!signer) {
        return signer.error();
    }
    (*signer)->recover();
    return std::make_unique<CaOfDesk>(CaOfDesk{*std::move(profiles), *std::move(signer)});
}

Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                         const std::string& scheme_name) {
    const auto scheme = scheme_of_ca(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    const auto profiles = ca_profiles(**scheme);
    if (!profiles) {
        return profiles.error();
    }
    const auto passphrase = read_password(desk.settings.ca_passphrase_file,
                                          program.pick("CA 金鑰密碼：", "CA key passphrase: "));
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::init_demo_ca(ca_files(desk, **scheme), *passphrase, *profiles, desk.clock.now(),
                            desk.random);
}

}  // namespace sealdesk::cli
