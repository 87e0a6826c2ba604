#include "seal/field.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sealdesk::seal {

namespace {

constexpr int kGainDegree = 2;
// Terms of two variables up to a degree: (d + 1)(d + 2) / 2.
constexpr int kBendTerms = (kBendDegree + 1) * (kBendDegree + 2) / 2;
constexpr int kGainTerms = (kGainDegree + 1) * (kGainDegree + 2) / 2;
constexpr int kTerms = 2 * kBendTerms + kGainTerms;
// Pull towards no displacement, relative to all the information there is: it only matters for
// terms that hidden areas leave undetermined.
constexpr double kPull = 2e-4;

// Solid pixels by which a block's density is held to that of the specimen.
constexpr double kDensityPull = 4.0;

// Legendre polynomials at t in -1..1.
std::array<double, kBendDegree + 1> legendre(double t) {
    std::array<double, kBendDegree + 1> p{1, t};
    for (std::size_t n = 2; n < p.size(); ++n) {
        const auto k = static_cast<double>(n);
        p[n] = ((2 * k - 1) * t * p[n - 1] - (k - 1) * p[n - 2]) / k;
    }
    return p;
}

// Products of degree up to `degree` at one place, in a fixed order that starts with the lower.
int fill_terms(const std::array<double, kBendDegree + 1>& px,
               const std::array<double, kBendDegree + 1>& py, int degree, double* out) {
    int count = 0;
    for (int total = 0; total <= degree; ++total) {
        for (int i = 0; i <= total; ++i) {
            out[count++] =
                px[static_cast<std::size_t>(i)] * py[static_cast<std::size_t>(total - i)];
        }
    }
    return count;
}

struct Terms {
    std::array<double, kBendTerms> bend{};
    std::array<double, kGainTerms> gain{};
};

Terms terms_at(const cv::Point2d& at, cv::Size size) {
    const auto px = legendre(2 * at.x / size.width - 1);
    const auto py = legendre(2 * at.y / size.height - 1);
    Terms terms;
    fill_terms(px, py, kBendDegree, terms.bend.data());
    fill_terms(px, py, kGainDegree, terms.gain.data());
    return terms;
}

struct System {
    cv::Mat1d h = cv::Mat1d(kTerms, kTerms, 0.0);
    cv::Mat1d b = cv::Mat1d(kTerms, 1, 0.0);
    double information = 0;
    double rr = 0;
    double gg = 0;
};

// Adds one block to the upper half of the normal equations.
void add_block(const Block& block, const Terms& t, System& sum) {
    for (int i = 0; i < kBendTerms; ++i) {
        const double bi = t.bend[static_cast<std::size_t>(i)];
        double* row_x = sum.h[i];
        double* row_y = sum.h[kBendTerms + i];
        for (int k = 0; k < kBendTerms; ++k) {
            const double both = bi * t.bend[static_cast<std::size_t>(k)];
            row_x[k] += both * block.xx;
            row_x[kBendTerms + k] += both * block.xy;
            row_y[kBendTerms + k] += both * block.yy;
        }
        for (int k = 0; k < kGainTerms; ++k) {
            const double both = bi * t.gain[static_cast<std::size_t>(k)];
            row_x[2 * kBendTerms + k] += both * block.xg;
            row_y[2 * kBendTerms + k] += both * block.yg;
        }
        sum.b(i) += bi * block.xr;
        sum.b(kBendTerms + i) += bi * block.yr;
    }
    for (int i = 0; i < kGainTerms; ++i) {
        const double gi = t.gain[static_cast<std::size_t>(i)];
        for (int k = 0; k < kGainTerms; ++k) {
            sum.h(2 * kBendTerms + i, 2 * kBendTerms + k) +=
                gi * t.gain[static_cast<std::size_t>(k)] * block.gg;
        }
        sum.b(2 * kBendTerms + i) += gi * block.gr;
    }
    sum.information += block.xx + block.yy;
    sum.rr += block.rr;
    sum.gg += block.gg;
}

cv::Mat1d solve(System& sum) {
    for (int i = 0; i < kTerms; ++i) {
        for (int k = 0; k < i; ++k) {
            sum.h(i, k) = sum.h(k, i);
        }
        sum.h(i, i) += kPull * sum.information + 1e-9;
    }
    cv::Mat1d found;
    if (!cv::solve(sum.h, sum.b, found, cv::DECOMP_CHOLESKY)) {
        return cv::Mat1d(kTerms, 1, 0.0);
    }
    return found;
}

// Takes the best shift, turn, stretch and shear out of the displacements.
void take_out_affine(std::vector<Displacement>& places) {
    cv::Matx33d h = cv::Matx33d::eye() * 1e-9;
    cv::Vec3d bx(0, 0, 0);
    cv::Vec3d by(0, 0, 0);
    for (const Displacement& place : places) {
        const cv::Vec3d z(1, place.at.x * 0.01, place.at.y * 0.01);
        h += place.weight * (z * z.t());
        bx += place.weight * place.off.x * z;
        by += place.weight * place.off.y * z;
    }
    const cv::Vec3d cx = h.solve(bx, cv::DECOMP_CHOLESKY);
    const cv::Vec3d cy = h.solve(by, cv::DECOMP_CHOLESKY);
    for (Displacement& place : places) {
        const cv::Vec3d z(1, place.at.x * 0.01, place.at.y * 0.01);
        place.bend = place.off - cv::Point2d(cx.dot(z), cy.dot(z));
    }
}

// Lets each block's impression be a little paler or darker as a whole, at no cost: fading is not
// displacement. With r = specimen - impression that is a term in the specimen's ink, whose part
// is taken out of all other products.
void take_out_density(Block& block) {
    const double ss = block.ss + kDensityPull;
    block.xx -= block.xs * block.xs / ss;
    block.xy -= block.xs * block.ys / ss;
    block.xg -= block.xs * block.gs / ss;
    block.yy -= block.ys * block.ys / ss;
    block.yg -= block.ys * block.gs / ss;
    block.gg -= block.gs * block.gs / ss;
    block.xr -= block.xs * block.sr / ss;
    block.yr -= block.ys * block.sr / ss;
    block.gr -= block.gs * block.sr / ss;
    block.rr -= block.sr * block.sr / ss;
}

}  // namespace

std::vector<Block> sum_blocks(const cv::Mat1f& specimen, const cv::Mat1f& impression,
                              const cv::Mat1f& weight, int side) {
    const int across = std::max((specimen.cols - 2) / side, 1);
    const int down = std::max((specimen.rows - 2) / side, 1);
    std::vector<Block> blocks(static_cast<std::size_t>(across) * static_cast<std::size_t>(down));
    for (int y = 1; y + 1 < specimen.rows && (y - 1) / side < down; ++y) {
        const float* s = specimen[y];
        const float* i = impression[y];
        const float* s_up = specimen[y - 1];
        const float* s_low = specimen[y + 1];
        const float* i_up = impression[y - 1];
        const float* i_low = impression[y + 1];
        const float* w = weight[y];
        Block* row = blocks.data() + static_cast<std::ptrdiff_t>((y - 1) / side) * across;
        for (int x = 1; x + 1 < specimen.cols && (x - 1) / side < across; ++x) {
            if (w[x] <= 0) {
                continue;
            }
            const float gx = 0.25F * (s[x + 1] - s[x - 1] + i[x + 1] - i[x - 1]);
            const float gy = 0.25F * (s_low[x] - s_up[x] + i_low[x] - i_up[x]);
            const float g = std::sqrt(gx * gx + gy * gy);
            const float r = s[x] - i[x];
            Block& block = row[(x - 1) / side];
            block.xx += static_cast<double>(w[x] * gx * gx);
            block.xy += static_cast<double>(w[x] * gx * gy);
            block.xg += static_cast<double>(w[x] * gx * g);
            block.yy += static_cast<double>(w[x] * gy * gy);
            block.yg += static_cast<double>(w[x] * gy * g);
            block.gg += static_cast<double>(w[x] * g * g);
            block.xr += static_cast<double>(w[x] * gx * r);
            block.yr += static_cast<double>(w[x] * gy * r);
            block.gr += static_cast<double>(w[x] * g * r);
            block.rr += static_cast<double>(w[x] * r * r);
            block.xs += static_cast<double>(w[x] * gx * s[x]);
            block.ys += static_cast<double>(w[x] * gy * s[x]);
            block.gs += static_cast<double>(w[x] * g * s[x]);
            block.ss += static_cast<double>(w[x] * s[x] * s[x]);
            block.sr += static_cast<double>(w[x] * s[x] * r);
        }
    }
    for (int row = 0; row < down; ++row) {
        for (int column = 0; column < across; ++column) {
            blocks[static_cast<std::size_t>(row) * static_cast<std::size_t>(across) +
                   static_cast<std::size_t>(column)]
                .at = {1 + (column + 0.5) * side, 1 + (row + 0.5) * side};
        }
    }
    for (Block& block : blocks) {
        take_out_density(block);
    }
    return blocks;
}

Field fit_field(const std::vector<Block>& blocks, cv::Size size) {
    System sum;
    std::vector<Terms> terms;
    terms.reserve(blocks.size());
    for (const Block& block : blocks) {
        terms.push_back(terms_at(block.at, size));
        if (block.gg > 0) {
            add_block(block, terms.back(), sum);
        }
    }
    const cv::Mat1d found = solve(sum);
    Field field;
    for (std::size_t n = 0; n < blocks.size(); ++n) {
        Displacement place;
        place.at = blocks[n].at;
        for (int i = 0; i < kBendTerms; ++i) {
            place.off.x += found(i) * terms[n].bend[static_cast<std::size_t>(i)];
            place.off.y += found(kBendTerms + i) * terms[n].bend[static_cast<std::size_t>(i)];
        }
        for (int i = 0; i < kGainTerms; ++i) {
            place.gain -= found(2 * kBendTerms + i) * terms[n].gain[static_cast<std::size_t>(i)];
        }
        place.weight = blocks[n].xx + blocks[n].yy;
        place.gain_weight = blocks[n].gg;
        field.places.push_back(place);
    }
    take_out_affine(field.places);
    field.left_over = std::max(sum.rr - sum.b.dot(found), 0.0) / std::max(sum.gg, 1e-6);
    return field;
}

}  // namespace sealdesk::seal
