#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/image.h"

// Small image files of every kind a scanner or an office program may hand in.
namespace sealdesk::image::samples {

enum class PngKind { Interlaced, SixteenBit, Gray, Palette, HalfTransparent };
enum class JpegKind {
    Baseline,
    Progressive,
    Gray,
    AdobeCmyk,
    PlainCmyk,
    DotsPerCentimetre,
    NoDensity
};
enum class TiffKind { Plain, Lzw, Deflate, FaxG4, TwoPages };

/// A smooth colour picture, 300 dpi.
[[nodiscard]] Picture gradient(int width, int height);

[[nodiscard]] Picture as_gray(const Picture& picture);
[[nodiscard]] Picture as_two_colours(const Picture& picture);  ///< red and white
[[nodiscard]] Picture as_black_and_white(const Picture& picture);

[[nodiscard]] std::string png_of(const Picture& picture, PngKind kind);
[[nodiscard]] std::string jpeg_of(const Picture& picture, JpegKind kind);
[[nodiscard]] std::string tiff_of(const Picture& picture, TiffKind kind);

/// Files whose header claims a size and that end soon after.
[[nodiscard]] std::string png_header_only(std::uint32_t width, std::uint32_t height);
[[nodiscard]] std::string jpeg_header_only(std::uint16_t width, std::uint16_t height);
[[nodiscard]] std::string tiff_header_only(std::uint32_t width, std::uint32_t height);

/// One file of each format and main kind.
[[nodiscard]] std::vector<std::string> one_of_each();

}  // namespace sealdesk::image::samples
