#pragma once

#include "ca/demo_desk.h"
#include "ca/profile_reader.h"

namespace sealdesk::effects {

/// The profiles of the entities' scheme.
inline ca::Profiles entity_profiles() {
    const auto forms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";
    return ca::read_profiles(forms / "moea/profiles.yaml", forms / "schema/profiles.schema.json")
        .value();
}

/// A CA of the entities' scheme, made once: its key takes a while.
inline const ca::CaFiles& entity_ca_files(const ca::Profiles& profiles) {
    static const test::TempFolder folder;
    static const ca::CaFiles files = [&] {
        ca::CaFiles made{folder.path() / "ca.crt", folder.path() / "ca.key", folder.path() / "crl"};
        SystemRandom random;
        const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
        EXPECT_TRUE(ca::init_demo_ca(made, ca::test_passphrase(), profiles, start, random));
        return made;
    }();
    return files;
}

}  // namespace sealdesk::effects
