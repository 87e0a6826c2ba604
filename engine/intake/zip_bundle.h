#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "intake/bundle.h"

// Part of open_bundle(); nothing outside this room includes it.
namespace sealdesk::intake {

/// Unpacks a ZIP into a folder of its own below `scratch`, under names of ours, within the limits
/// of bundle.h. Errors as of open_bundle().
[[nodiscard]] Result<std::unique_ptr<Bundle>> open_zip(const std::filesystem::path& zip,
                                                       const std::filesystem::path& scratch);

}  // namespace sealdesk::intake
