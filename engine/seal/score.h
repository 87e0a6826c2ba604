#pragma once

#include "seal/figures.h"
#include "seal/ink.h"

// From figures to one score. Inside this room only.
namespace sealdesk::seal {

/// How the figures weigh: natural-log odds for "an impression of this seal" against one kind of
/// forgery each.
struct Odds {
    double other_seal = 0;  ///< the same outline with another text or font
    double cut_anew = 0;    ///< a die cut after the seal, bent a little
    double unlike = 0;      ///< a seal that has nothing in common
    double elsewhere = 0;   ///< a seal that has other strokes in some places, however well it lies
    double copied = 0;      ///< a colour copy
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
