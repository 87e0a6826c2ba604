#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ca/local_ca.h"

/// The keys a CA has had, one after the other under one name. Each has a folder of its own: the
/// first one the scheme's, the later ones its sub-folders "2", "3" …, as in the addresses that
/// their certificates name. So a certificate finds the CRL of the key that signed it where it
/// always was.
namespace sealdesk::ca {

/// Oldest first; the last one signs certificates. Never empty, whether there is a CA or not. What
/// all have in common (the module, the list of weak keys) is as `same` has it.
[[nodiscard]] std::vector<CaFiles> ca_generations(const std::filesystem::path& folder,
                                                  const CaFiles& same);

/// Where the key after this one comes, and where its files are made first: a folder that becomes
/// the other one by one rename.
[[nodiscard]] CaFiles next_generation(const CaFiles& files);
[[nodiscard]] CaFiles unfinished_generation(const CaFiles& files);

/// The folder of one generation.
[[nodiscard]] inline std::filesystem::path folder_of(const CaFiles& files) {
    return files.certificate.parent_path();
}

/// The addresses in certificates of this generation: from the second on its number stands before
/// the file's name, as in /repository/SCHEME/2/complete.crl. OCSP has one address for all: a
/// request names the key.
[[nodiscard]] Publication publication_of(Publication first, int generation);

/// The certificates by which the former key vouches for this one and the other way round, DER.
inline constexpr const char* kNewWithOld = "new-with-old.crt";
inline constexpr const char* kOldWithNew = "old-with-new.crt";

}  // namespace sealdesk::ca
