#include "cli/crls_of.h"

#include "ca/hsm_ca.h"
#include "ca/ra_registry.h"
#include "ca/rekey.h"
#include "cli/key_shares.h"

namespace sealdesk::cli {
namespace {

/// A key of a CA of this desk by which CRLs are issued.
struct CrlKey {
    const scheme::Scheme* scheme;
    ca::CaFiles files;
    std::string issuer;

    /// The scheme; from its second key on with the key's number, as in its addresses.
    [[nodiscard]] std::string name() const {
        return files.generation == 1 ? scheme->id
                                     : scheme->id + "/" + std::to_string(files.generation);
    }
};

std::vector<CrlKey> crl_keys(Desk& desk) {
    std::vector<CrlKey> found;
    for (const scheme::Scheme& scheme : desk.schemes) {
        if (!desk.settings.ca_url.empty() ||
            !std::filesystem::exists(ca_files(desk, scheme).certificate)) {
            continue;
        }
        for (ca::CaFiles& files : ca::living_generations(desk.database, ca_keys(desk, scheme))) {
            const auto certificate = crypto::Certificate::load(files.certificate);
            if (certificate) {
                found.push_back({&scheme, std::move(files), ca::key_id_of(*certificate)});
            }
        }
    }
    return found;
}

bool opens_by_itself(const Program& program, const Desk& desk, const ca::CaFiles& files) {
    if (ca::custody_of(files)) {
        return program.shares && !program.shares->opened().empty();
    }
    return ca::hsm_label_of(files) ? has_hsm_pin(desk) : !desk.settings.ca_passphrase_file.empty();
}

}  // namespace

std::vector<jobs::CrlPlace> crl_places(Desk& desk) {
    std::vector<jobs::CrlPlace> places;
    for (const CrlKey& key : crl_keys(desk)) {
        places.push_back({key.name(), key.issuer, key.files.crl_folder, desk.calendar});
    }
    return places;
}

CrlsOfDesk::CrlsOfDesk(const Program& program, Desk& desk) {
    for (const CrlKey& key : crl_keys(desk)) {
        const auto profiles = ca_profiles(*key.scheme, key.files.generation);
        if (!profiles || !opens_by_itself(program, desk, key.files)) {
            continue;  // the day report says how its CRL stands
        }
        const auto open = [this, &program, &desk, key]() -> Result<ca::LocalCa*> {
            auto& kept = opened_[key.issuer];
            if (!kept) {
                auto opened = open_ca_key(program, desk, *key.scheme, key.files);
                if (!opened) {
                    return opened.error();
                }
                kept = *std::move(opened);
            }
            return kept->signer.get();
        };
        sources_.push_back({key.name(), key.issuer, profiles->publication, open});
    }
}

}  // namespace sealdesk::cli
