#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "image/image.h"

// Seals drawn by the tests themselves: strokes in millimetres, printed on paper and scanned.
namespace sealdesk::seal::drawn {

/// A stroke with round ends, mm from the middle of the seal.
struct Stroke {
    double x1, y1, x2, y2;
    double width;
};

/// A die: 16 mm square, a frame and four characters of random strokes.
struct Die {
    std::vector<Stroke> strokes;
    bool reversed = false;  ///< white strokes on red
};

[[nodiscard]] Die die_of(std::uint32_t seed);

/// How it is printed and scanned.
struct Print {
    double turn_deg = 0;  ///< counter-clockwise on the page
    double right_mm = 0;
    double down_mm = 0;
    double scale = 1;
    double dpi = 300;
    double paper_mm = 27;
    bool black_lines = false;
    bool blue_signature = false;
    bool even_toner = false;  ///< printed by a machine: even, dense, little red absorption
    double inked = 1;         ///< share of the height that got ink, from the top
    std::uint32_t noise = 1;
};

[[nodiscard]] image::Picture scan_of(const Die& die, const Print& print = {});

/// Blank paper.
[[nodiscard]] image::Picture blank_scan();

/// Writes a benchmark of two seals into the folder, one genuine impression and one with other
/// text each, and returns its manifest.csv.
std::filesystem::path small_benchmark(const std::filesystem::path& folder);

}  // namespace sealdesk::seal::drawn
