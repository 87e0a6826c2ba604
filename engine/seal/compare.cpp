#include "seal/compare.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "seal/align.h"
#include "seal/figures.h"
#include "seal/overlay.h"
#include "seal/prepare.h"
#include "seal/score.h"

namespace sealdesk::seal {

namespace {

// Smallest seal we take for one: personal seals are 9 mm and more.
constexpr double kSealLeastMm = 6.0;
// A seal whose ink is nearly all hidden or unprinted tells nothing.
constexpr double kVisibleLeast = 0.30;
constexpr double kInkedLeast = 0.20;

// Measured on the benchmark by 8-fold cross-validation over its seals (log-odds 1 and -1.5), with
// clean specimens / with impressions as specimens: at kMatchFrom no forgery of another text,
// another font or a re-cut of 2-3 %, no colour copy, and 10 / 0 % of the 1 % re-cuts reach "match
// suggested", and 5 / 22 % of genuine impressions do not; below kMismatchBelow are 0 / 2.5 % of the
// genuine and at least 95 % of those forgeries. A re-made die passes as genuine.
constexpr double kMatchFrom = 562.0;
constexpr double kMismatchBelow = 407.0;

// A match is suggested only where most of the seal could be compared.
constexpr double kMatchVisibleLeast = 0.50;
constexpr double kMatchInkedLeast = 0.60;

bool is_a_seal(const Ink& ink) {
    const double least = kSealLeastMm * ink.px_per_mm;
    return ink.box.width >= least && ink.box.height >= least;
}

Suggestion suggestion_for(double score, const Figures& figures) {
    if (score < kMismatchBelow) {
        return Suggestion::MismatchSuggested;
    }
    const bool enough = figures.visible >= kMatchVisibleLeast && figures.inked >= kMatchInkedLeast;
    return score >= kMatchFrom && enough ? Suggestion::MatchSuggested : Suggestion::LookClosely;
}

Details details_of(const Figures& figures, const Odds& odds) {
    Details details;
    details.ink_correlation = figures.correlation;
    details.extra_ink = figures.extra;
    details.missing_ink = figures.missing;
    details.displacement_rms_mm = figures.bend_rms;
    details.displacement_p95_mm = figures.bend_p95;
    details.ink_gain_mm = figures.gain;
    details.visible = figures.visible;
    details.inked = figures.inked;
    details.shape_score = shape_score_of(odds);
    return details;
}

// Everything between two scans and a verdict, kept for the picture.
struct Work {
    Ink specimen;
    Ink impression;
    Pair pair;
    Alignment alignment;
    Aligned both;
    Measured measured;
    Comparison comparison;
};

Work work_out(const image::Picture& specimen, const image::Picture& impression) {
    cv::setNumThreads(1);  // one worker = one thread
    Work work;
    work.specimen = isolate_ink(specimen);
    work.impression = isolate_ink(impression);
    if (!is_a_seal(work.specimen) || !is_a_seal(work.impression)) {
        return work;
    }
    work.pair = bring_together(work.specimen, work.impression);
    work.alignment = align(work.pair.specimen, work.pair.impression);
    work.both = lay_over(work.pair.specimen, work.pair.impression, work.alignment);
    work.measured = measure(work.both);
    const Figures& figures = work.measured.figures;
    const Odds odds = weigh(figures, work.impression.colour);
    Comparison& comparison = work.comparison;
    comparison.details = details_of(figures, odds);
    comparison.copy_suspicion = copy_suspicion_of(odds);
    comparison.rotation_deg = work.alignment.rotation_deg;
    comparison.scale = work.alignment.scale;
    comparison.comparable = figures.visible >= kVisibleLeast && figures.inked >= kInkedLeast;
    if (comparison.comparable) {
        comparison.score = score_of(odds);
        comparison.suggestion = suggestion_for(comparison.score, figures);
    }
    return work;
}

// When there is nothing to lay over: both scans as they are, and a blank third panel.
image::Picture overlay_without_seal(const image::Picture& specimen,
                                    const image::Picture& impression) {
    const cv::Size size(8, 8);  // enlarged to the panel
    Aligned nothing;
    nothing.specimen = cv::Mat1f(size, 0.0F);
    nothing.impression = cv::Mat1f(size, 0.0F);
    nothing.visible = cv::Mat1f(size, 1.0F);
    const double at_300 = image::kDpiDefault / specimen.dpi;
    const cv::Rect window(0, 0, std::max(cvRound(specimen.width * at_300), 1),
                          std::max(cvRound(specimen.height * at_300), 1));
    return draw_overlay({specimen, impression, window, cv::Matx23d(1, 0, 0, 0, 1, 0), nothing, {}});
}

// Decimal places without binary dust: 0.1 + 0.2 prints as 0.3.
double places(double value, int digits) {
    const double unit = std::pow(10.0, digits);
    return std::round(value * unit) / unit;
}

}  // namespace

Comparison compare(const image::Picture& specimen, const image::Picture& impression) {
    return work_out(specimen, impression).comparison;
}

ComparisonPicture compare_with_overlay(const image::Picture& specimen,
                                       const image::Picture& impression) {
    const Work work = work_out(specimen, impression);
    if (work.both.specimen.empty()) {
        return {work.comparison, overlay_without_seal(specimen, impression)};
    }
    return {work.comparison, draw_overlay({specimen, impression, work.pair.specimen_window,
                                           scan_map(work.pair, work.alignment.map), work.both,
                                           work.measured.arrows})};
}

nlohmann::json to_json(const Comparison& comparison) {
    const Details& details = comparison.details;
    return {
        {"algorithm", kAlgorithm},
        {"comparable", comparison.comparable},
        {"copy_suspicion", places(comparison.copy_suspicion, 3)},
        {"details",
         {
             {"displacement_p95_mm", places(details.displacement_p95_mm, 4)},
             {"displacement_rms_mm", places(details.displacement_rms_mm, 4)},
             {"extra_ink", places(details.extra_ink, 4)},
             {"ink_correlation", places(details.ink_correlation, 4)},
             {"ink_gain_mm", places(details.ink_gain_mm, 4)},
             {"inked", places(details.inked, 3)},
             {"missing_ink", places(details.missing_ink, 4)},
             {"shape_score", places(details.shape_score, 1)},
             {"visible", places(details.visible, 3)},
         }},
        {"rotation_deg", places(comparison.rotation_deg, 2)},
        {"scale", places(comparison.scale, 4)},
        {"score", places(comparison.score, 1)},
        {"suggestion", name_of(comparison.suggestion)},
    };
}

std::string_view name_of(Suggestion suggestion) {
    switch (suggestion) {
        case Suggestion::MatchSuggested: return "match_suggested";
        case Suggestion::LookClosely: return "look_closely";
        case Suggestion::MismatchSuggested: return "mismatch_suggested";
        case Suggestion::NotComparable: return "not_comparable";
    }
    SEALDESK_CHECK(false);
}

}  // namespace sealdesk::seal
