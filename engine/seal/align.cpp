#include "seal/align.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>

namespace sealdesk::seal {

namespace {

constexpr double kPi = 3.14159265358979323846;

// Coarse search: the seal takes kCoarseSeal of kCoarseSide pixels, so that turned corners still
// fit, and is tried at every kCoarseStepDeg: at the edge of the seal half a step is one pixel.
constexpr int kCoarseSide = 64;
constexpr double kCoarseSeal = 42.0;
constexpr int kCoarseTurns = 72;
constexpr double kCoarseStepDeg = 360.0 / kCoarseTurns;
// Turns kept for refinement (a square frame alone gives four), and how far apart they must be.
constexpr std::size_t kCoarseKept = 6;
constexpr int kCoarseApart = 3;

// Refinement levels before the last: the seal takes so many pixels.
constexpr double kLevelFirstPx = 64.0;
constexpr double kLevelSecondPx = 128.0;

constexpr int kWarpSoft = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
constexpr int kWarpSharp = cv::INTER_CUBIC | cv::WARP_INVERSE_MAP;

// Strokes are what differs from the mean of a square of this side.
constexpr double kStrokeSurroundMm = 2.5;

// A residual of this size counts half: missing ink must not pull.
constexpr float kResidualHalf = 0.30F;

struct Candidate {
    double turn_deg = 0;
    cv::Point2d shift;  // px of the coarse grid
    double peak = 0;
};

// Strokes without the slow part, which unequal inking and hidden areas disturb.
cv::Mat1f coarse_map(const Ink& ink, double factor) {
    const cv::Point2d centre(ink.box.x + ink.box.width / 2.0, ink.box.y + ink.box.height / 2.0);
    cv::Mat1f smooth;
    cv::resize(ink.amount, smooth, {}, factor, factor, cv::INTER_AREA);
    const cv::Matx23d onto_grid(1, 0, kCoarseSide / 2.0 - centre.x * factor, 0, 1,
                                kCoarseSide / 2.0 - centre.y * factor);
    cv::Mat1f placed;
    cv::warpAffine(smooth, placed, onto_grid, {kCoarseSide, kCoarseSide}, cv::INTER_LINEAR);
    cv::Mat1f slow;
    cv::GaussianBlur(placed, slow, {}, 3.0);
    cv::subtract(placed, slow, placed);
    return placed;
}

cv::Mat1f turned(const cv::Mat1f& map, double degrees) {
    const cv::Point2f centre(kCoarseSide / 2.0F, kCoarseSide / 2.0F);
    cv::Mat1f out;
    cv::warpAffine(map, out, cv::getRotationMatrix2D(centre, degrees, 1.0), map.size(),
                   cv::INTER_LINEAR);
    return out;
}

// Where a parabola through three equally spaced values has its top, -0.5..0.5 from the middle.
double parabola_top(double before, double middle, double after) {
    const double bend = before - 2 * middle + after;
    return bend < 0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0.0;
}

Candidate peak_of(const cv::Mat1f& correlation, double turn_deg) {
    double peak = 0;
    cv::Point at;
    cv::minMaxLoc(correlation, nullptr, &peak, nullptr, &at);
    const auto value = [&](int dx, int dy) {
        return static_cast<double>(correlation((at.y + dy + kCoarseSide) % kCoarseSide,
                                               (at.x + dx + kCoarseSide) % kCoarseSide));
    };
    const auto wrap = [](int v) { return v > kCoarseSide / 2 ? v - kCoarseSide : v; };
    return {turn_deg,
            cv::Point2d(wrap(at.x) + parabola_top(value(-1, 0), peak, value(1, 0)),
                        wrap(at.y) + parabola_top(value(0, -1), peak, value(0, 1))),
            peak};
}

// Correlation of all turns by FFT; two turns share one complex transform.
std::vector<Candidate> all_turns(const cv::Mat1f& specimen, const cv::Mat1f& impression) {
    cv::Mat spectrum;
    cv::dft(impression, spectrum, cv::DFT_COMPLEX_OUTPUT);
    std::vector<Candidate> turns;
    turns.reserve(kCoarseTurns);
    for (int turn = 0; turn < kCoarseTurns; turn += 2) {
        const double first = turn * kCoarseStepDeg;
        const std::array<cv::Mat, 2> pair{turned(specimen, first),
                                          turned(specimen, first + kCoarseStepDeg)};
        cv::Mat both;
        cv::merge(pair.data(), 2, both);
        cv::dft(both, both);
        // conj(both) * spectrum = corr(first) - i corr(second) after the inverse transform.
        cv::mulSpectrums(spectrum, both, both, 0, true);
        cv::dft(both, both, cv::DFT_INVERSE | cv::DFT_SCALE);
        std::array<cv::Mat, 2> parts;
        cv::split(both, parts.data());
        turns.push_back(peak_of(parts[0], first));
        parts[1].convertTo(parts[1], CV_32F, -1.0);
        turns.push_back(peak_of(parts[1], first + kCoarseStepDeg));
    }
    return turns;
}

// Moves each turn to the top between it and its neighbours: a 16-character seal must start
// within about one degree to be refined.
void sharpen(std::vector<Candidate>& turns) {
    const std::vector<Candidate> raw = turns;
    for (std::size_t n = 0; n < raw.size(); ++n) {
        const double before = raw[(n + raw.size() - 1) % raw.size()].peak;
        const double after = raw[(n + 1) % raw.size()].peak;
        turns[n].turn_deg += kCoarseStepDeg * parabola_top(before, raw[n].peak, after);
    }
}

// The best turns that are not neighbours of a better one.
std::vector<Candidate> best_apart(std::vector<Candidate> turns) {
    std::sort(turns.begin(), turns.end(),
              [](const Candidate& a, const Candidate& b) { return a.peak > b.peak; });
    std::vector<Candidate> kept;
    for (const Candidate& turn : turns) {
        const bool near = std::any_of(kept.begin(), kept.end(), [&](const Candidate& other) {
            const double gap = std::abs(turn.turn_deg - other.turn_deg);
            return std::min(gap, 360.0 - gap) < kCoarseApart * kCoarseStepDeg;
        });
        if (!near) {
            kept.push_back(turn);
        }
        if (kept.size() == kCoarseKept) {
            break;
        }
    }
    return kept;
}

cv::Matx33d square(const cv::Matx23d& m) {
    return {m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2), 0, 0, 1};
}

cv::Matx23d compose(const cv::Matx23d& outer, const cv::Matx23d& inner) {
    return outer * square(inner);
}

// Ink against its surroundings: strokes without the solid parts and the slow fading, which say
// little about which way up a seal lies.
cv::Mat1f strokes_of(const cv::Mat1f& amount, const cv::Mat1f& seen, double px_per_mm) {
    const int side = cvRound(kStrokeSurroundMm * px_per_mm) | 1;
    cv::Mat1f weighted;
    cv::multiply(amount, seen, weighted);
    cv::Mat1f mean;
    cv::Mat1f weight;
    cv::boxFilter(weighted, mean, CV_32F, {side, side}, {-1, -1}, true, cv::BORDER_CONSTANT);
    cv::boxFilter(seen, weight, CV_32F, {side, side}, {-1, -1}, true, cv::BORDER_CONSTANT);
    cv::Mat1f strokes(amount.size());
    for (int y = 0; y < strokes.rows; ++y) {
        for (int x = 0; x < strokes.cols; ++x) {
            strokes(y, x) = amount(y, x) - mean(y, x) / std::max(weight(y, x), 0.05F);
        }
    }
    return strokes;
}

// One resolution of both seals.
struct Level {
    Ink specimen;
    cv::Mat1f specimen_strokes;
    Ink impression;
    double factor = 1;
};

Level level_of(const Ink& specimen, const Ink& impression, double factor) {
    Level level{shrink(specimen, factor), {}, shrink(impression, factor), factor};
    if (factor >= 0.999) {
        // Into maps of their own: at full size the level shares the callers' memory.
        cv::Mat1f smooth_specimen;
        cv::Mat1f smooth_impression;
        cv::GaussianBlur(specimen.amount, smooth_specimen, {}, 0.7);
        cv::GaussianBlur(impression.amount, smooth_impression, {}, 0.7);
        level.specimen.amount = smooth_specimen;
        level.impression.amount = smooth_impression;
    }
    level.specimen_strokes =
        strokes_of(level.specimen.amount, level.specimen.visible, level.specimen.px_per_mm);
    return level;
}

// A map between full-size pixels as one between a level's pixels (centres, not corners).
cv::Matx23d at_level(const cv::Matx23d& map, double factor) {
    const cv::Matx23d up(1 / factor, 0, 0.5 / factor - 0.5, 0, 1 / factor, 0.5 / factor - 0.5);
    const cv::Matx23d down(factor, 0, 0.5 * factor - 0.5, 0, factor, 0.5 * factor - 0.5);
    return compose(down, compose(map, up));
}

cv::Matx23d at_full(const cv::Matx23d& map, double factor) { return at_level(map, 1 / factor); }

void warp(const Ink& ink, const cv::Matx23d& map, cv::Size size, cv::Mat1f& amount,
          cv::Mat1f& visible) {
    cv::warpAffine(ink.amount, amount, map, size, kWarpSoft);
    // Beyond the crop is paper without ink, not something hidden: otherwise a seal could be laid
    // where little of it overlaps.
    cv::warpAffine(ink.visible, visible, map, size, kWarpSoft, cv::BORDER_CONSTANT, 1.0);
}

// Normal equations of one Gauss-Newton step over four freedoms: size, turn, two shifts.
struct Normal {
    cv::Matx44d h = cv::Matx44d::zeros();
    cv::Vec4d b = cv::Vec4d(0, 0, 0, 0);
};

// The maps a step looks at.
struct Sight {
    const cv::Mat1f& specimen;
    const cv::Mat1f& seen;
    const cv::Mat1f& warped;
    const cv::Mat1f& warped_seen;
};

// One row's part: the upper half of the 4 x 4 matrix, then the right side; in float, which is
// enough for a row. Number is one place's or several neighbours' floats at once.
template <typename Number>
using NormalRow = std::array<Number, 14>;

template <typename Number>
struct Place {
    Number gx;        // slope of both, across
    Number gy;        // and down
    Number residual;  // specimen - impression
    Number seen;      // 0..1
    Number dx;        // from the middle, in half widths
    Number dy;
};

template <typename Number>
void add_place(const Place<Number>& at, Number one, Number half, NormalRow<Number>& row) {
    const Number ratio = at.residual / half;
    const Number weight = at.seen / (one + ratio * ratio);
    const std::array<Number, 4> moves{at.gx * at.dx + at.gy * at.dy,  // size
                                      at.gy * at.dx - at.gx * at.dy,  // turn
                                      at.gx, at.gy};
    std::size_t next = 0;
    for (std::size_t i = 0; i < moves.size(); ++i) {
        const Number weighted = weight * moves[i];
        for (std::size_t k = i; k < moves.size(); ++k) {
            row[next] = row[next] + weighted * moves[k];
            ++next;
        }
        row[10 + i] = row[10 + i] + weighted * at.residual;
    }
}

// Four neighbours at once, as every processor with SSE2 or NEON can.
using Four = cv::v_float32x4;
constexpr int kFour = 4;

NormalRow<float> sum_row(const Sight& at, int y) {
    const float cx = static_cast<float>(at.specimen.cols - 1) / 2.0F;
    const float cy = static_cast<float>(at.specimen.rows - 1) / 2.0F;
    const float unit = 2.0F / static_cast<float>(at.specimen.cols);
    const float* s = at.specimen[y];
    const float* s_up = at.specimen[y - 1];
    const float* s_low = at.specimen[y + 1];
    const float* w = at.warped[y];
    const float* w_up = at.warped[y - 1];
    const float* w_low = at.warped[y + 1];
    const float* seen = at.seen[y];
    const float* warped_seen = at.warped_seen[y];
    const float dy = (static_cast<float>(y) - cy) * unit;
    const int end = at.specimen.cols - 1;
    int x = 1;
    const auto all = [](float value) { return cv::v_setall_f32(value); };
    const auto from = [](const float* place) { return cv::v_load(place); };
    const Four steps = cv::v_float32x4(0, 1, 2, 3) * all(unit);
    NormalRow<Four> fours;
    fours.fill(all(0));
    for (; x + kFour <= end; x += kFour) {
        add_place<Four>(
            {all(0.25F) * (from(s + x + 1) - from(s + x - 1) + from(w + x + 1) - from(w + x - 1)),
             all(0.25F) * (from(s_low + x) - from(s_up + x) + from(w_low + x) - from(w_up + x)),
             from(s + x) - from(w + x), from(seen + x) * from(warped_seen + x),
             all((static_cast<float>(x) - cx) * unit) + steps, all(dy)},
            all(1), all(kResidualHalf), fours);
    }
    NormalRow<float> row{};
    for (std::size_t n = 0; n < row.size(); ++n) {
        row[n] = cv::v_reduce_sum(fours[n]);
    }
    for (; x < end; ++x) {
        add_place<float>({0.25F * (s[x + 1] - s[x - 1] + w[x + 1] - w[x - 1]),
                          0.25F * (s_low[x] - s_up[x] + w_low[x] - w_up[x]), s[x] - w[x],
                          seen[x] * warped_seen[x], (static_cast<float>(x) - cx) * unit, dy},
                         1, kResidualHalf, row);
    }
    return row;
}

Normal normal_equations(const Sight& at) {
    Normal sum;
    std::array<double, 14> all{};
    for (int y = 1; y + 1 < at.specimen.rows; ++y) {
        const NormalRow<float> row = sum_row(at, y);
        for (std::size_t n = 0; n < row.size(); ++n) {
            all[n] += static_cast<double>(row[n]);
        }
    }
    std::size_t next = 0;
    for (int i = 0; i < 4; ++i) {
        for (int k = i; k < 4; ++k) {
            sum.h(i, k) = all[next];
            sum.h(k, i) = all[next++];
        }
        sum.h(i, i) += 1e-6;
    }
    for (int i = 0; i < 4; ++i) {
        sum.b(i) = all[next++];
    }
    return sum;
}

double scale_of(const cv::Matx23d& map) {
    return std::sqrt(std::abs(map(0, 0) * map(1, 1) - map(0, 1) * map(1, 0)));
}

// Brings the size back within the tolerance, about the middle of the specimen.
cv::Matx23d within_tolerance(const cv::Matx23d& map, cv::Size size) {
    const double scale = scale_of(map);
    const double wanted = std::clamp(scale, 1 - kScaleTolerance, 1 + kScaleTolerance);
    const double k = wanted / std::max(scale, 1e-6);
    const double cx = (size.width - 1) / 2.0;
    const double cy = (size.height - 1) / 2.0;
    return compose(map, cv::Matx23d(k, 0, cx * (1 - k), 0, k, cy * (1 - k)));
}

// Masked correlation of ink.
double correlation_of(const cv::Mat1f& a, const cv::Mat1f& a_seen, const cv::Mat1f& b,
                      const cv::Mat1f& b_seen) {
    double n = 0;
    double sa = 0;
    double sb = 0;
    double saa = 0;
    double sbb = 0;
    double sab = 0;
    for (int y = 0; y < a.rows; ++y) {
        for (int x = 0; x < a.cols; ++x) {
            const auto w = static_cast<double>(a_seen(y, x) * b_seen(y, x));
            const auto va = static_cast<double>(a(y, x));
            const auto vb = static_cast<double>(b(y, x));
            n += w;
            sa += w * va;
            sb += w * vb;
            saa += w * va * va;
            sbb += w * vb * vb;
            sab += w * va * vb;
        }
    }
    n = std::max(n, 1e-9);
    const double var_a = saa / n - (sa / n) * (sa / n);
    const double var_b = sbb / n - (sb / n) * (sb / n);
    const double covariance = sab / n - (sa / n) * (sb / n);
    return covariance / std::sqrt(std::max(var_a * var_b, 1e-12));
}

struct Refined {
    cv::Matx23d map;  // at full size
    double correlation = -1;
};

Refined refine(const Level& level, const cv::Matx23d& start, int steps) {
    const cv::Mat1f& specimen = level.specimen.amount;
    cv::Matx23d map = at_level(start, level.factor);
    cv::Mat1f warped;
    cv::Mat1f warped_seen;
    const double unit = 2.0 / specimen.cols;
    const double cx = (specimen.cols - 1) / 2.0;
    const double cy = (specimen.rows - 1) / 2.0;
    for (int step = 0; step < steps; ++step) {
        warp(level.impression, map, specimen.size(), warped, warped_seen);
        const Normal normal =
            normal_equations({specimen, level.specimen.visible, warped, warped_seen});
        const cv::Vec4d move = normal.h.solve(normal.b, cv::DECOMP_CHOLESKY);
        const double k = 1 + move(0) * unit;
        const double turn = move(1) * unit;
        const cv::Matx23d change(k, -turn, cx - k * cx + turn * cy + move(2), turn, k,
                                 cy - turn * cx - k * cy + move(3));
        map = within_tolerance(compose(map, change), specimen.size());
        if (std::abs(move(0)) + std::abs(move(1)) + std::abs(move(2)) + std::abs(move(3)) < 0.01) {
            break;
        }
    }
    warp(level.impression, map, specimen.size(), warped, warped_seen);
    const double px_per_mm = level.specimen.px_per_mm;
    return {at_full(map, level.factor),
            correlation_of(level.specimen_strokes, level.specimen.visible,
                           strokes_of(warped, warped_seen, px_per_mm), warped_seen)};
}

std::vector<Refined> starts(const Ink& specimen, const Ink& impression) {
    const double factor = kCoarseSeal / std::max({specimen.box.width, specimen.box.height, 1});
    std::vector<Candidate> all =
        all_turns(coarse_map(specimen, factor), coarse_map(impression, factor));
    sharpen(all);
    const std::vector<Candidate> turns = best_apart(std::move(all));
    const auto centre = [](const cv::Rect& box) {
        return cv::Point2d(box.x + box.width / 2.0 - 0.5, box.y + box.height / 2.0 - 0.5);
    };
    const cv::Point2d from = centre(specimen.box);
    const cv::Point2d to = centre(impression.box);
    std::vector<Refined> maps;
    for (const Candidate& turn : turns) {
        // OpenCV's positive angle turns counter-clockwise on the page (y points down).
        const double c = std::cos(turn.turn_deg * kPi / 180);
        const double s = std::sin(turn.turn_deg * kPi / 180);
        const cv::Point2d shift = to + turn.shift * (1 / factor);
        maps.push_back(
            {{c, s, shift.x - c * from.x - s * from.y, -s, c, shift.y + s * from.x - c * from.y},
             turn.peak});
    }
    return maps;
}

void keep_best(std::vector<Refined>& maps, std::size_t count) {
    std::sort(maps.begin(), maps.end(),
              [](const Refined& a, const Refined& b) { return a.correlation > b.correlation; });
    maps.resize(std::min(maps.size(), count));
}

}  // namespace

Alignment align(const Ink& specimen, const Ink& impression) {
    std::vector<Refined> maps = starts(specimen, impression);
    const double longest = std::max({specimen.box.width, specimen.box.height, 1});
    const Level small = level_of(specimen, impression, std::min(kLevelFirstPx / longest, 1.0));
    for (Refined& map : maps) {
        map = refine(small, map.map, 8);
    }
    keep_best(maps, 3);
    const Level half = level_of(specimen, impression, std::min(kLevelSecondPx / longest, 1.0));
    for (Refined& map : maps) {
        map = refine(half, map.map, 5);
    }
    keep_best(maps, 1);
    const Refined best = refine(level_of(specimen, impression, 1.0), maps.front().map, 4);
    Alignment found;
    found.map = best.map;
    found.correlation = best.correlation;
    found.scale = scale_of(best.map);
    found.rotation_deg = std::atan2(best.map(0, 1), best.map(0, 0)) * 180 / kPi;
    return found;
}

Aligned lay_over(const Ink& specimen, const Ink& impression, const Alignment& alignment) {
    Aligned both;
    both.px_per_mm = specimen.px_per_mm;
    both.specimen = specimen.amount;
    cv::warpAffine(impression.amount, both.impression, alignment.map, specimen.amount.size(),
                   kWarpSharp);
    cv::warpAffine(impression.visible, both.visible, alignment.map, specimen.amount.size(),
                   kWarpSoft, cv::BORDER_CONSTANT, 1.0);
    both.impression = cv::max(cv::min(both.impression, 1.25F), 0.0F);
    for (int y = 0; y < both.visible.rows; ++y) {
        for (int x = 0; x < both.visible.cols; ++x) {
            const bool seen = both.visible(y, x) > 0.6F && specimen.visible(y, x) > 0.6F;
            both.visible(y, x) = seen ? 1.0F : 0.0F;
        }
    }
    return both;
}

}  // namespace sealdesk::seal
