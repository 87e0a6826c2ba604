#include "seal/score.h"

#include <algorithm>
#include <cmath>

namespace sealdesk::seal {

namespace {

// One figure's part in the two shape odds. Figures enter as logarithms, with a floor that keeps
// a perfect zero from counting without limit.
struct Weight {
    double value;
    double other_seal;
    double cut_anew;
};

double log_above(double value, double floor) { return std::log(std::max(value, 0.0) + floor); }

// How strong one kind of evidence may get: e^12 to 1. Keeps sums finite.
constexpr double kOddsMost = 30.0;

// The scale of the score: a factor of e^8 in odds is 3/4 of the way to either end.
constexpr double kScoreMiddle = 500.0;
constexpr double kOddsScale = 8.0;

double score_from(double log_odds) { return kScoreMiddle * (1 + std::tanh(log_odds / kOddsScale)); }

double bounded(double log_odds) { return std::clamp(log_odds, -kOddsMost, kOddsMost); }

}  // namespace

Odds weigh(const Figures& f, const InkColour& impression) {
    // Logistic regression, ridge 3, on 40 seals of the benchmark: 400 pairs with the clean
    // specimen and 400 with a genuine impression as specimen, as registration forms give it.
    const std::array<Weight, 12> weights{{
        {log_above(f.local_median, 1e-4), 0.278, -0.706},
        {log_above(f.local_p80, 1e-4), -0.605, -0.656},
        {log_above(f.local_p95, 1e-4), -1.743, -0.426},
        {log_above(f.residual, 1e-4), -1.223, -0.635},
        {log_above(f.bend_rms, 1e-4), -1.591, -4.717},
        {-std::log(std::max(1 - f.correlation, 0.01)), 0.446, 0.212},
        {log_above(f.fine_residual, 1e-4), -0.620, -0.395},
        {log_above(f.extra, 0.003), -1.029, -0.039},
        {log_above(f.missing, 0.003), -1.438, 0.012},
        {log_above(f.wide_bad, 0.003), -0.259, 0.294},
        {f.visible, 1.084, 0.538},
        {f.half_inked, -13.753, -7.247},
    }};
    Odds odds{-6.122, -13.422, 15.752};
    for (const Weight& weight : weights) {
        odds.other_seal += weight.other_seal * weight.value;
        odds.cut_anew += weight.cut_anew * weight.value;
    }
    odds.copied += 2.845 * log_above(impression.unevenness, 1e-4);
    odds.copied += -7.650 * impression.blue_density;
    odds.other_seal = bounded(odds.other_seal);
    odds.cut_anew = bounded(odds.cut_anew);
    odds.copied = bounded(odds.copied);
    return odds;
}

double shape_score_of(const Odds& odds) {
    return score_from(-std::log(std::exp(-odds.other_seal) + std::exp(-odds.cut_anew)));
}

double score_of(const Odds& odds) {
    return score_from(
        -std::log(std::exp(-odds.other_seal) + std::exp(-odds.cut_anew) + std::exp(-odds.copied)));
}

double copy_suspicion_of(const Odds& odds) { return 1 / (1 + std::exp(odds.copied)); }

}  // namespace sealdesk::seal
