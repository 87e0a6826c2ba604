#pragma once

#include "seal/figures.h"
#include "seal/ink.h"

// From figures to one score. Inside this room only.
namespace sealdesk::seal {

/// How the figures weigh, as natural-log odds for "the same seal": against another text or font,
/// against a die cut anew after the seal, and against a colour copy.
struct Odds {
    double other_seal = 0;
    double cut_anew = 0;
    double copied = 0;
};

[[nodiscard]] Odds weigh(const Figures& figures, const InkColour& impression);

/// The odds against all kinds of forgery add up; 0..1000, 500 where they are even on the
/// benchmark. Not a probability: real forgeries are not drawn from the benchmark.
[[nodiscard]] double score_of(const Odds& odds);

/// The same without the colour copy.
[[nodiscard]] double shape_score_of(const Odds& odds);

/// 0..1: 0.5 where copies and impressions of the benchmark are equally likely.
[[nodiscard]] double copy_suspicion_of(const Odds& odds);

}  // namespace sealdesk::seal
