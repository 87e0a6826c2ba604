#include "cli/crls_of.h"

#include "ca/ra_registry.h"
#include "cli/key_shares.h"

namespace sealdesk::cli {
namespace {

struct OwnCa {
    const scheme::Scheme* scheme;
    ca::CaFiles files;
    std::string issuer;
};

std::vector<OwnCa> own_cas(const Desk& desk) {
    std::vector<OwnCa> found;
    if (!desk.settings.ca_url.empty()) {
        return found;
    }
    for (const scheme::Scheme& scheme : desk.schemes) {
        ca::CaFiles files = ca_files(desk, scheme);
        if (!std::filesystem::exists(files.certificate)) {
            continue;
        }
        const auto certificate = crypto::Certificate::load(files.certificate);
        if (certificate) {
            found.push_back({&scheme, std::move(files), ca::key_id_of(*certificate)});
        }
    }
    return found;
}

bool opens_by_itself(const Program& program, const Desk& desk, const ca::CaFiles& files) {
    return ca::custody_of(files) ? program.shares && !program.shares->opened().empty()
                                 : !desk.settings.ca_passphrase_file.empty();
}

}  // namespace

std::vector<jobs::CrlPlace> crl_places(const Desk& desk) {
    std::vector<jobs::CrlPlace> places;
    for (const OwnCa& own : own_cas(desk)) {
        places.push_back({own.scheme->id, own.issuer, own.files.crl_folder, desk.calendar});
    }
    return places;
}

CrlsOfDesk::CrlsOfDesk(const Program& program, Desk& desk) {
    for (const OwnCa& own : own_cas(desk)) {
        const auto profiles = ca_profiles(*own.scheme);
        if (!profiles || !opens_by_itself(program, desk, own.files)) {
            continue;  // the day report says how its CRL stands
        }
        const std::string& name = own.scheme->id;
        const auto open = [this, &program, &desk, name]() -> Result<ca::LocalCa*> {
            auto& kept = opened_[name];
            if (!kept) {
                auto opened = open_ca(program, desk, name);
                if (!opened) {
                    return opened.error();
                }
                kept = *std::move(opened);
            }
            return kept->signer.get();
        };
        sources_.push_back({name, own.issuer, profiles->publication, open});
    }
}

}  // namespace sealdesk::cli
