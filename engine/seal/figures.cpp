#include "seal/figures.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "seal/field.h"

namespace sealdesk::seal {

namespace {

constexpr double kSmoothPx = 0.8;         // evens out grain and resampling
constexpr double kNeighbourhoodMm = 0.5;  // how far "near the place" reaches
constexpr double kLocalMm = 0.6;          // window of local correlation: about one stroke
constexpr int kLocalStep = 3;             // px between windows
constexpr double kWideMm = 1.2;           // about one radical
constexpr double kBlockMm = 0.8;
constexpr double kExtraMm = 0.3;
constexpr double kMissingMm = 0.2;
constexpr float kResidualHalfSize = 0.7F;
// Contours count where the slope of the smoothed ink reaches kBandHalf per px.
constexpr double kBandPx = 1.8;
constexpr float kBandHalf = 0.1F;
// Both printed near a place: neither has less than this share of the other's ink there.
constexpr float kPrintedLocal = 0.40F;    // for local correlation
constexpr float kPrintedInk = 0.35F;      // for extra and missing ink
constexpr float kPrintedContour = 0.30F;  // for displacement
constexpr float kNearInkLeast = 0.08F;    // among strokes: share of ink in the neighbourhood
constexpr float kInkEdge = 0.5F;          // contour level

// Gaussian-like smoothing by two box passes: its cost does not grow with sigma.
cv::Mat1f soften(const cv::Mat1f& map, double sigma) {
    const int side = std::max(cvRound(std::sqrt(6 * sigma * sigma + 1)) | 1, 3);
    cv::Mat1f out;
    cv::boxFilter(map, out, CV_32F, {side, side}, {-1, -1}, true, cv::BORDER_CONSTANT);
    cv::boxFilter(out, out, CV_32F, {side, side}, {-1, -1}, true, cv::BORDER_CONSTANT);
    return out;
}

cv::Mat1f product(const cv::Mat1f& a, const cv::Mat1f& b) {
    cv::Mat1f out;
    cv::multiply(a, b, out);
    return out;
}

struct Weighted {
    float value;
    float weight;
};

// Values at shares of the total weight; sorts its argument.
class Quantiles {
public:
    explicit Quantiles(std::vector<Weighted> values) : values_(std::move(values)) {
        std::sort(values_.begin(), values_.end(),
                  [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
        for (const Weighted& value : values_) {
            total_ += static_cast<double>(value.weight);
        }
    }
    [[nodiscard]] double at(double share) const {
        double seen = 0;
        for (const Weighted& value : values_) {
            seen += static_cast<double>(value.weight);
            if (seen >= share * total_) {
                return static_cast<double>(value.value);
            }
        }
        return 0;
    }
    [[nodiscard]] double share_above(float limit) const {
        double above = 0;
        for (const Weighted& value : values_) {
            above += value.value > limit ? static_cast<double>(value.weight) : 0.0;
        }
        return above / std::max(total_, 1e-9);
    }

private:
    std::vector<Weighted> values_;
    double total_ = 0;
};

// Everything the figures are made of.
struct Maps {
    cv::Mat1f s;       // specimen, smoothed
    cv::Mat1f i;       // impression, smoothed
    cv::Mat1f v;       // visible
    cv::Mat1f sv;      // specimen, where visible
    cv::Mat1f iv;      // impression, where visible
    cv::Mat1f near_s;  // ink of the specimen in the neighbourhood, visible part
    cv::Mat1f near_i;
    double px = 1;  // per mm
};

Maps maps_of(const Aligned& both) {
    Maps m;
    m.px = both.px_per_mm;
    m.v = both.visible;
    cv::GaussianBlur(cv::min(both.specimen, 1.1F), m.s, {}, kSmoothPx);
    cv::GaussianBlur(cv::min(both.impression, 1.1F), m.i, {}, kSmoothPx);
    m.sv = product(m.s, m.v);
    m.iv = product(m.i, m.v);
    m.near_s = soften(m.sv, kNeighbourhoodMm * m.px);
    m.near_i = soften(m.iv, kNeighbourhoodMm * m.px);
    return m;
}

bool both_printed(float near_s, float near_i, float share) {
    return near_s > share * near_i && near_i > share * near_s;
}

// 1 - local correlation over a window, weighted by how much stroke there is in both.
Quantiles local_differences(const Maps& m, double window_mm) {
    const double sigma = window_mm * m.px;
    const cv::Mat1f n = soften(m.v, sigma);
    const cv::Mat1f s1 = soften(m.sv, sigma);
    const cv::Mat1f i1 = soften(m.iv, sigma);
    const cv::Mat1f ss = soften(product(m.sv, m.s), sigma);
    const cv::Mat1f ii = soften(product(m.iv, m.i), sigma);
    const cv::Mat1f si = soften(product(m.sv, m.i), sigma);
    std::vector<Weighted> values;
    for (int y = kLocalStep / 2; y < n.rows; y += kLocalStep) {
        for (int x = kLocalStep / 2; x < n.cols; x += kLocalStep) {
            const float seen = n(y, x);
            if (seen < 0.3F || !both_printed(m.near_s(y, x), m.near_i(y, x), kPrintedLocal)) {
                continue;
            }
            const float ms = s1(y, x) / seen;
            const float mi = i1(y, x) / seen;
            const float vs = std::max(ss(y, x) / seen - ms * ms, 0.0F);
            const float vi = std::max(ii(y, x) / seen - mi * mi, 0.0F);
            const float weight = std::sqrt(vs * vi);
            if (weight > 0.01F) {
                const float covariance = si(y, x) / seen - ms * mi;
                values.push_back({1.0F - covariance / weight, weight});
            }
        }
    }
    return Quantiles(std::move(values));
}

double correlation(const Maps& m) {
    cv::Mat1b seen;
    cv::compare(m.v, 0.0, seen, cv::CMP_GT);
    cv::Scalar mean_s;
    cv::Scalar dev_s;
    cv::Scalar mean_i;
    cv::Scalar dev_i;
    cv::meanStdDev(m.s, mean_s, dev_s, seen);
    cv::meanStdDev(m.i, mean_i, dev_i, seen);
    const double joint = cv::mean(product(m.s, m.i), seen)[0];
    return (joint - mean_s[0] * mean_i[0]) / std::max(dev_s[0] * dev_i[0], 1e-6);
}

// 1 near contours of the smoothed seals, falling to 0 in even ink and on bare paper: pores and
// specks have contours too, but weak ones.
cv::Mat1f contour_band(const Maps& m) {
    cv::Mat1f smooth;
    cv::add(m.s, m.i, smooth);
    cv::GaussianBlur(smooth, smooth, {}, kBandPx);
    cv::Mat1f band(smooth.size(), 0.0F);
    for (int y = 1; y + 1 < band.rows; ++y) {
        for (int x = 1; x + 1 < band.cols; ++x) {
            const float gx = 0.25F * (smooth(y, x + 1) - smooth(y, x - 1));
            const float gy = 0.25F * (smooth(y + 1, x) - smooth(y - 1, x));
            const float g2 = gx * gx + gy * gy;
            band(y, x) = g2 / (g2 + kBandHalf * kBandHalf);
        }
    }
    return band;
}

// Weight of a pixel for displacement: visible with all its neighbours, and both inked near it.
cv::Mat1f comparable_weight(const Maps& m) {
    const cv::Mat1f band = contour_band(m);
    cv::Mat1f inner;
    cv::erode(m.v, inner, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
    cv::Mat1f weight(m.s.size(), 0.0F);
    for (int y = 0; y < weight.rows; ++y) {
        for (int x = 0; x < weight.cols; ++x) {
            const float s = m.near_s(y, x);
            const float i = m.near_i(y, x);
            const bool printed = both_printed(s, i, kPrintedContour) && std::max(s, i) > 0.05F;
            weight(y, x) = printed ? inner(y, x) * band(y, x) : 0.0F;
        }
    }
    return weight;
}

cv::Mat1f robust(const Maps& m, const cv::Mat1f& weight) {
    cv::Mat1f out(weight.size());
    for (int y = 0; y < weight.rows; ++y) {
        for (int x = 0; x < weight.cols; ++x) {
            const float ratio = (m.s(y, x) - m.i(y, x)) / kResidualHalfSize;
            out(y, x) = weight(y, x) / (1.0F + ratio * ratio);
        }
    }
    return out;
}

// Squared difference left after one ink gain for the whole seal.
double residual_of(const std::vector<Block>& blocks) {
    double gg = 0;
    double gr = 0;
    double rr = 0;
    for (const Block& block : blocks) {
        gg += block.gg;
        gr += block.gr;
        rr += block.rr;
    }
    gg = std::max(gg, 1e-6);
    return std::max(rr - gr * gr / gg, 0.0) / gg;
}

void measure_field(const Field& field, double px, Figures& figures) {
    double weights = 0;
    double squares = 0;
    double gains = 0;
    double gain_weights = 0;
    std::vector<Weighted> bends;
    for (const Displacement& place : field.places) {
        const double bend = std::hypot(place.bend.x, place.bend.y) / px;
        bends.push_back({static_cast<float>(bend), static_cast<float>(place.weight)});
        weights += place.weight;
        squares += place.weight * bend * bend;
        gain_weights += place.gain_weight;
        gains += place.gain_weight * place.gain;
    }
    weights = std::max(weights, 1e-9);
    gain_weights = std::max(gain_weights, 1e-9);
    figures.bend_rms = std::sqrt(squares / weights);
    figures.bend_p95 = Quantiles(std::move(bends)).at(0.95);
    figures.gain = gains / gain_weights / px;
    figures.fine_residual = field.left_over / (px * px);
}

cv::Mat1f distance_to_ink(const cv::Mat1f& ink) {
    cv::Mat1b bare;
    cv::compare(ink, kInkEdge, bare, cv::CMP_LT);
    cv::Mat1f distance;
    cv::distanceTransform(bare, distance, cv::DIST_L2, cv::DIST_MASK_5);
    return distance;
}

// How far ink reaches beyond the other seal's, and how much of both printed.
struct InkSums {
    double all = 0;     // specimen ink
    double seen = 0;    // specimen ink that is visible
    double either = 0;  // visible ink of both
    double shared = 0;  // of that, where both printed
    double inked = 0;   // visible specimen ink, where the impression printed
    double extra = 0;
    double missing = 0;
};

// One visible place.
struct InkPlace {
    double s;      // ink of the specimen
    double i;      // ink of the impression
    float near_s;  // ink in the neighbourhood
    float near_i;
    bool far_from_s;  // farther from specimen ink than kExtraMm
    bool far_from_i;  // farther from impression ink than kMissingMm
};

void add_place(const InkPlace& place, InkSums& sums) {
    const bool s_printed = place.near_s > kPrintedInk * place.near_i;
    const bool i_printed = place.near_i > kPrintedInk * place.near_s;
    sums.seen += place.s;
    sums.either += place.s + place.i;
    if (i_printed) {
        sums.inked += place.s;
        const bool among_strokes = place.near_i > kNearInkLeast;
        sums.missing += place.far_from_i && among_strokes ? place.s : 0.0;
    }
    if (s_printed) {
        sums.shared += i_printed ? place.s + place.i : 0.0;
        const bool among_strokes = place.near_s > kNearInkLeast;
        sums.extra += place.far_from_s && among_strokes ? place.i : 0.0;
    }
}

void measure_ink(const Maps& m, Figures& figures) {
    const cv::Mat1f to_s = distance_to_ink(m.s);
    const cv::Mat1f to_i = distance_to_ink(m.i);
    const auto extra_px = static_cast<float>(kExtraMm * m.px);
    const auto missing_px = static_cast<float>(kMissingMm * m.px);
    InkSums sums;
    for (int y = 0; y < m.s.rows; ++y) {
        for (int x = 0; x < m.s.cols; ++x) {
            const auto s = static_cast<double>(m.s(y, x));
            sums.all += s;
            if (m.v(y, x) > 0) {
                add_place({s, static_cast<double>(m.i(y, x)), m.near_s(y, x), m.near_i(y, x),
                           to_s(y, x) > extra_px, to_i(y, x) > missing_px},
                          sums);
            }
        }
    }
    const double base = std::max(sums.seen, 1.0);
    figures.visible = sums.seen / std::max(sums.all, 1.0);
    figures.inked = sums.inked / base;
    figures.half_inked = sums.shared / std::max(sums.either, 1.0);
    figures.extra = sums.extra / base;
    figures.missing = sums.missing / base;
}

}  // namespace

Measured measure(const Aligned& both) {
    const Maps m = maps_of(both);
    Measured out;
    Figures& figures = out.figures;
    figures.correlation = correlation(m);
    const Quantiles local = local_differences(m, kLocalMm);
    figures.local_p80 = local.at(0.8);
    figures.local_p95 = local.at(0.95);
    figures.wide_bad = local_differences(m, kWideMm).share_above(0.5F);
    const cv::Mat1f weight = comparable_weight(m);
    const int side = std::max(cvRound(kBlockMm * m.px), 4);
    figures.residual = residual_of(sum_blocks(m.s, m.i, weight, side));
    const Field field = fit_field(sum_blocks(m.s, m.i, robust(m, weight), side), m.s.size());
    measure_field(field, m.px, figures);
    measure_ink(m, figures);
    for (const Displacement& place : field.places) {
        if (place.weight > 1.0) {
            out.arrows.push_back({cv::Point2f(place.at), cv::Point2f(place.off)});
        }
    }
    return out;
}

}  // namespace sealdesk::seal
