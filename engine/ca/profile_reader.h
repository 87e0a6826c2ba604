#pragma once

#include <filesystem>

#include "base/result.h"
#include "ca/profile.h"

namespace sealdesk::ca {

/// Reads a scheme's profiles.yaml, checked against the JSON schema. Errors (Invalid, `where` =
/// "file:line"): those of scheme::read_yaml and check_shape; profile.unknown_name for an
/// attribute, usage or extension the engine does not know; profile.repeated; profile.no_validity;
/// profile.missing_extension for a usage, policy or attribute without its extension and the other
/// way round.
[[nodiscard]] Result<Profiles> read_profiles(const std::filesystem::path& file,
                                             const std::filesystem::path& schema);

}  // namespace sealdesk::ca
