#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>

#include "base/progress.h"

namespace sealdesk::cli {

/// `seal compare SPECIMEN IMPRESSION [--overlay PNG] [--json]`.
struct SealCompareArgs {
    std::filesystem::path specimen;
    std::filesystem::path impression;
    std::optional<std::filesystem::path> overlay = {};  ///< where to write the comparison picture
    bool json = false;
};

/// `seal evaluate MANIFEST [--json]`.
struct SealEvaluateArgs {
    std::filesystem::path manifest;
    bool json = false;
    Watch watch = {};
};

/// Compares two scans and prints the figures (`--json`: the object of seal::to_json). Returns the
/// exit status: 0 done, 1 an image was refused, 3 a file could not be read or written.
[[nodiscard]] int seal_compare(const SealCompareArgs& args, std::ostream& out, std::ostream& err);

/// Runs a benchmark and prints error rates per grade of forgery; exit status as above.
[[nodiscard]] int seal_evaluate(const SealEvaluateArgs& args, std::ostream& out, std::ostream& err);

}  // namespace sealdesk::cli
