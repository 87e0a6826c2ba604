#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/progress.h"
#include "base/result.h"

namespace sealdesk::seal {

/// How well the score tells genuine impressions from the forgeries of one grade.
struct GradeFigures {
    double eer = 0;          ///< equal error rate as a fraction 0..1 (not percent)
    double auc = 0;          ///< chance that a genuine impression scores above a forged one, 0..1
    std::int64_t pairs = 0;  ///< forgeries compared
};

/// The result of running a benchmark.
struct Evaluation {
    std::map<std::string, GradeFigures> grades;  ///< by grade, without the genuine grade
    std::int64_t genuine_pairs = 0;
    std::int64_t not_comparable = 0;  ///< counted with score 0
    double ms_per_comparison = 0;     ///< CPU time of compare() alone, mean, one thread
};

/// Compares each impression listed in a benchmark's manifest.csv (a heading line naming at least
/// id, grade, genuine, file; at most 100,000 lines) with specimen/ID.png beside it (ID of four
/// digits), and says per grade how the score separates it from all genuine impressions.
/// Errors: seal.manifest_missing (NotFound), seal.manifest_bad (Invalid, with line), those of
/// image::decode with the file's name, and program.stopped (Unavailable) when the watch asked for
/// it: figures of a part would mislead.
[[nodiscard]] Result<Evaluation> evaluate(const std::filesystem::path& manifest,
                                          const Watch& watch = {});

/// {"grades":{"F1":{"eer","auc","pairs"},…},"genuine_pairs","not_comparable",
/// "ms_per_comparison"}; eer and auc are fractions 0..1.
[[nodiscard]] nlohmann::json to_json(const Evaluation& evaluation);

}  // namespace sealdesk::seal
