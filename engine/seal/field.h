#pragma once

#include <vector>

#include <opencv2/core.hpp>

// The smooth displacement between two aligned seals. Inside this room only.
namespace sealdesk::seal {

/// Gradient products of one block of pixels, as Lucas and Kanade sum them: x and y gradients,
/// g = gradient length (its factor is the ink gain), r = specimen - impression.
struct Block {
    cv::Point2d at;  ///< middle, px
    double xx = 0, xy = 0, xg = 0, yy = 0, yg = 0, gg = 0;
    double xr = 0, yr = 0, gr = 0, rr = 0;
    double xs = 0, ys = 0, gs = 0, ss = 0, sr = 0;  ///< s = ink of the specimen
};

/// Sums over blocks of `side` pixels, each pixel by its weight.
[[nodiscard]] std::vector<Block> sum_blocks(const cv::Mat1f& specimen, const cv::Mat1f& impression,
                                            const cv::Mat1f& weight, int side);

/// The displacement at one block: the whole of it, and what is left after taking out the part
/// that a shift, turn, stretch or shear explains (scanners stretch; dies are cut with bends).
struct Displacement {
    cv::Point2d at;
    cv::Point2d off;   ///< px, of the impression's contours against the specimen's
    cv::Point2d bend;  ///< px
    double gain = 0;   ///< px, outward shift of contours
    double weight = 0;
    double gain_weight = 0;
};

/// A smooth field fitted to all blocks at once: displacement of degree `kBendDegree` in x and y,
/// ink gain of degree 2.
struct Field {
    std::vector<Displacement> places;
    double left_over = 0;  ///< squared difference the field does not explain, px²
};

inline constexpr int kBendDegree = 7;

[[nodiscard]] Field fit_field(const std::vector<Block>& blocks, cv::Size size);

}  // namespace sealdesk::seal
