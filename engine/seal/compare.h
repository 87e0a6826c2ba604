#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "image/image.h"

namespace sealdesk::seal {

/// Names the algorithm with its weights; stored with every comparison, because figures of two
/// versions must not be compared with each other.
inline constexpr std::string_view kAlgorithm = "seal-2";

/// From this suspicion on the officer is told that the ink looks copied.
inline constexpr double kCopySuspected = 0.5;

/// What the figures suggest to the officer, who decides. Never a verdict, never a probability.
enum class Suggestion { MatchSuggested, LookClosely, MismatchSuggested, NotComparable };

/// The figures behind a score, for the officer and the record. Lengths in millimetres on paper.
struct Details {
    double ink_correlation = 0;  ///< of the two aligned ink maps where both can be seen, -1..1
    double extra_ink = 0;        ///< ink where the specimen has none near, share of its ink
    double missing_ink = 0;      ///< specimen ink absent where its surroundings are inked, share
    double displacement_rms_mm = 0;  ///< of blocks against the specimen after alignment
    double displacement_p95_mm = 0;  ///< 95th percentile of the same
    double ink_gain_mm = 0;          ///< median outward shift of contours (pressure, ink spread)
    double visible = 0;              ///< share of the specimen's ink not hidden by lines or writing
    double inked = 0;                ///< share of the visible ink that the impression printed
    double shape_score = 0;          ///< 0..1000 before copy suspicion
};

/// The outcome of one comparison.
struct Comparison {
    double score = 0;           ///< 0..1000, higher = more alike; already counts copy suspicion
    double copy_suspicion = 0;  ///< 0..1, how much the ink looks printed by a colour machine
    bool comparable = false;    ///< false: too little ink or too much hidden; score is 0
    double rotation_deg = 0;    ///< counter-clockwise turn of the impression against the specimen
    double scale = 1;           ///< size of the impression relative to the specimen
    Details details;
    Suggestion suggestion = Suggestion::NotComparable;
};

/// Compares an impression with a specimen. Both are scans of paper (any rotation, shift, printed
/// lines, signatures); sizes are brought together by dpi, then within ±4 %. Pure and repeatable.
/// One thread, about 45 ms for seals at 300 dpi. Pictures larger than A3 are not comparable.
[[nodiscard]] Comparison compare(const image::Picture& specimen, const image::Picture& impression);

/// A comparison together with the picture that explains it.
struct ComparisonPicture {
    Comparison comparison;
    image::Picture overlay;
};

/// As `compare`, with a picture of three equal panels: specimen | impression turned and shifted
/// onto it | difference (gray: ink in both; blue: missing; red: extra; yellow: hidden by lines
/// or writing; green: displacement arrows, eight times enlarged). It holds no text.
[[nodiscard]] ComparisonPicture compare_with_overlay(const image::Picture& specimen,
                                                     const image::Picture& impression);

/// Exactly {"algorithm","comparable","copy_suspicion","details","rotation_deg","scale","score",
/// "suggestion"}; numbers rounded to what they can carry, so that they are the same everywhere.
[[nodiscard]] nlohmann::json to_json(const Comparison& comparison);

/// "match_suggested", "look_closely", "mismatch_suggested" or "not_comparable".
[[nodiscard]] std::string_view name_of(Suggestion suggestion);

}  // namespace sealdesk::seal
