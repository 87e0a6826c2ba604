#include "cli/ca_of.h"

#include <cstdlib>

#include "ca/hsm_ca.h"
#include "ca/profile_reader.h"
#include "cli/key_shares.h"

namespace sealdesk::cli {
namespace {

const char* pin_in_environment() {
    return std::getenv("SEALDESK_CA_PKCS11_PIN");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

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
    return ca_keys(desk, scheme).back();
}

std::vector<ca::CaFiles> ca_keys(const Desk& desk, const scheme::Scheme& scheme) {
    ca::CaFiles same;
    same.hsm = desk.settings.hsm;
    same.weak_keys = desk.settings.weak_keys;
    return ca::ca_generations(desk.settings.ca / scheme.id, same);
}

Result<ca::Profiles> ca_profiles(const scheme::Scheme& scheme, int generation) {
    auto profiles = ca::read_profiles(scheme.folder / "profiles.yaml",
                                      scheme.folder / "../schema/profiles.schema.json");
    if (profiles) {
        profiles->publication = ca::publication_of(std::move(profiles->publication), generation);
    }
    return profiles;
}

Result<CaPlan> plan_ca(const Desk& desk, const std::string& scheme_name) {
    const auto scheme = scheme_of_ca(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    auto profiles = ca_profiles(**scheme);
    return profiles ? Result<CaPlan>(CaPlan{**scheme, *std::move(profiles)}) : profiles.error();
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
    auto passphrase =
        ca::hsm_label_of(files) ? hsm_pin(program, desk) : ca_passphrase(program, desk);
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::KeyRelease{*std::move(passphrase), {}, {}};
}

Result<Secret> ca_passphrase(const Program& program, const Desk& desk) {
    return read_password(desk.settings.ca_passphrase_file,
                         program.pick("CA 金鑰密碼：", "CA key passphrase: "));
}

std::string hsm_label(const Desk& desk, const scheme::Scheme& scheme, const std::string& wanted) {
    return wanted.empty()
               ? "sealdesk-" + scheme.id + "-" + to_iso_text(day_in_taipei(desk.clock.now()))
               : wanted;
}

bool has_hsm_pin(const Desk& desk) {
    return pin_in_environment() != nullptr || !desk.settings.hsm_pin_file.empty();
}

Result<Secret> hsm_pin(const Program& program, const Desk& desk) {
    if (const char* pin = pin_in_environment()) {
        return Secret(std::string_view(pin));
    }
    return read_password(desk.settings.hsm_pin_file,
                         program.pick("HSM 之 PIN：", "PIN of the HSM: "));
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

std::vector<KeyDue> ca_keys_due(const Desk& desk) {
    std::vector<KeyDue> due;
    for (const scheme::Scheme& scheme : desk.schemes) {
        const ca::CaFiles files = ca_files(desk, scheme);
        if (!desk.settings.ca_url.empty() || !std::filesystem::exists(files.certificate)) {
            continue;  // a CA elsewhere looks after its own key
        }
        const auto certificate = crypto::Certificate::load(files.certificate);
        if (certificate && desk.clock.now() >= ca::rekey_due(*certificate)) {
            due.push_back({scheme.id, ca::end_of_signing(*certificate)});
        }
    }
    return due;
}

Result<std::unique_ptr<CaOfDesk>> open_ca(const Program& program, Desk& desk,
                                          const std::string& scheme_name) {
    const auto scheme = scheme_of_ca(desk, scheme_name);
    return scheme ? open_ca_key(program, desk, **scheme, ca_files(desk, **scheme)) : scheme.error();
}

Result<std::unique_ptr<CaOfDesk>> open_ca_key(const Program& program, Desk& desk,
                                              const scheme::Scheme& scheme,
                                              const ca::CaFiles& files) {
    auto profiles = ca_profiles(scheme, files.generation);
    if (!profiles) {
        return profiles.error();
    }
    const auto release = release_of_ca(program, desk, files);
    if (!release) {
        return release.error();
    }
    auto signer = ca::LocalCa::open(desk.database, files, release->passphrase, *profiles);
    if (!signer) {
        return signer.error();
    }
    ca::note_generations(desk.database, ca_keys(desk, scheme));
    (*signer)->recover();
    return std::make_unique<CaOfDesk>(CaOfDesk{*std::move(profiles), *std::move(signer)});
}

Result<crypto::Certificate> make_demo_ca(const Program& program, Desk& desk,
                                         const std::string& scheme_name) {
    const auto plan = plan_ca(desk, scheme_name);
    if (!plan) {
        return plan.error();
    }
    const auto passphrase = ca_passphrase(program, desk);
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::init_demo_ca(ca_files(desk, plan->scheme), *passphrase, plan->profiles,
                            desk.clock.now(), desk.random);
}

Result<crypto::Certificate> make_hsm_ca(const Program& program, Desk& desk,
                                        const std::string& scheme_name, const std::string& label) {
    const auto plan = plan_ca(desk, scheme_name);
    if (!plan) {
        return plan.error();
    }
    const auto pin = hsm_pin(program, desk);
    if (!pin) {
        return pin.error();
    }
    return ca::init_in_hsm(desk.database, ca_files(desk, plan->scheme), plan->profiles,
                           hsm_label(desk, plan->scheme, label), *pin);
}

}  // namespace sealdesk::cli
