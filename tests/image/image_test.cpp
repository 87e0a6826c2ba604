#include "image/image.h"

#include <string>

#include <gtest/gtest.h>

#include "image/samples.h"

namespace sealdesk::image {
namespace {

using samples::gradient;
using samples::jpeg_of;
using samples::JpegKind;
using samples::png_of;
using samples::PngKind;
using samples::tiff_of;
using samples::TiffKind;

// Largest difference of one channel between two pictures of equal size.
int greatest_difference(const Picture& a, const Picture& b) {
    int greatest = 0;
    for (std::size_t n = 0; n < a.rgb.size(); ++n) {
        greatest = std::max(greatest, std::abs(a.rgb[n] - b.rgb[n]));
    }
    return greatest;
}

void expect_same_picture(const std::string& file, const Picture& expected, int tolerance) {
    const Result<Picture> read = decode(file);
    ASSERT_TRUE(read) << read.error().detail;
    ASSERT_EQ(read->width, expected.width);
    ASSERT_EQ(read->height, expected.height);
    EXPECT_LE(greatest_difference(*read, expected), tolerance);
}

TEST(Image, APngWeWriteIsReadBackUnchanged) {
    Picture picture = gradient(37, 23);
    picture.dpi = 600;
    const std::string file = encode_png(picture);
    expect_same_picture(file, picture, 0);
    const Result<ImageHeader> header = probe(file);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->format, Format::Png);
    EXPECT_EQ(header->width, 37);
    EXPECT_EQ(header->height, 23);
    EXPECT_TRUE(header->dpi_is_told);
    EXPECT_NEAR(header->dpi, 600, 0.1);
    EXPECT_NEAR(decode(file)->dpi, 600, 0.1);
}

TEST(Image, EveryKindOfPngBecomesRgb) {
    const Picture picture = gradient(40, 30);
    expect_same_picture(png_of(picture, PngKind::Interlaced), picture, 0);
    expect_same_picture(png_of(picture, PngKind::SixteenBit), picture, 1);
    expect_same_picture(png_of(picture, PngKind::Gray), samples::as_gray(picture), 0);
    expect_same_picture(png_of(picture, PngKind::Palette), samples::as_two_colours(picture), 0);
}

TEST(Image, TransparentPixelsLieOnWhitePaper) {
    const Picture picture = gradient(40, 30);
    const Result<Picture> read = decode(png_of(picture, PngKind::HalfTransparent));
    ASSERT_TRUE(read);
    for (std::size_t n = 0; n < picture.rgb.size(); ++n) {
        const int on_white = (picture.rgb[n] * 128 + 255 * 127) / 255;
        EXPECT_NEAR(read->rgb[n], on_white, 1);
    }
}

TEST(Image, EveryKindOfJpegBecomesRgb) {
    const Picture picture = gradient(48, 32);
    expect_same_picture(jpeg_of(picture, JpegKind::Baseline), picture, 12);
    expect_same_picture(jpeg_of(picture, JpegKind::Progressive), picture, 12);
    expect_same_picture(jpeg_of(picture, JpegKind::Gray), samples::as_gray(picture), 12);
}

TEST(Image, ACmykJpegIsConvertedNotRefused) {
    const Picture picture = gradient(48, 32);
    expect_same_picture(jpeg_of(picture, JpegKind::AdobeCmyk), picture, 14);
    expect_same_picture(jpeg_of(picture, JpegKind::PlainCmyk), picture, 14);
}

TEST(Image, TheResolutionOfAJpegIsReadInBothUnits) {
    EXPECT_NEAR(decode(jpeg_of(gradient(16, 16), JpegKind::DotsPerCentimetre))->dpi, 299.7, 0.3);
    const Result<ImageHeader> silent = probe(jpeg_of(gradient(16, 16), JpegKind::NoDensity));
    ASSERT_TRUE(silent);
    EXPECT_FALSE(silent->dpi_is_told);
    EXPECT_EQ(silent->dpi, kDpiDefault);
}

TEST(Image, EveryKindOfTiffBecomesRgb) {
    const Picture picture = gradient(40, 30);
    expect_same_picture(tiff_of(picture, TiffKind::Plain), picture, 0);
    expect_same_picture(tiff_of(picture, TiffKind::Lzw), picture, 0);
    expect_same_picture(tiff_of(picture, TiffKind::Deflate), picture, 0);
    expect_same_picture(tiff_of(picture, TiffKind::FaxG4), samples::as_black_and_white(picture), 0);
}

TEST(Image, OfATiffWithSeveralPagesTheFirstIsRead) {
    const Picture picture = gradient(40, 30);
    expect_same_picture(tiff_of(picture, TiffKind::TwoPages), picture, 0);
}

TEST(Image, ATiffSaysItsResolution) {
    EXPECT_NEAR(decode(tiff_of(gradient(16, 16), TiffKind::Plain))->dpi, 400, 0.01);
}

TEST(Image, WhatIsNotAnImageIsNamedAndRefused) {
    for (const std::string& bytes :
         {std::string(), std::string("%PDF-1.7 ..."), std::string("GIF89a...."),
          std::string("hello"), std::string("\x00\x01\x02", 3), std::string("<svg/>"),
          std::string("BM1234"), std::string("PK\x03\x04zip")}) {
        ASSERT_FALSE(decode(bytes));
        EXPECT_EQ(decode(bytes).error().code, "image.not_an_image");
        EXPECT_EQ(probe(bytes).error().code, "image.not_an_image");
    }
    EXPECT_NE(decode("%PDF-1.7").error().detail.find("PDF"), std::string::npos);
}

// 20,000 x 20,000 pixels are 1.2 GB: refused from the header, before any pixel memory.
TEST(Image, AnImageOfTwentyThousandPixelsOnASideIsRefusedFromItsHeader) {
    for (const std::string& file :
         {samples::png_header_only(20'000, 20'000), samples::tiff_header_only(20'000, 20'000),
          samples::jpeg_header_only(20'000, 20'000)}) {
        const Result<ImageHeader> header = probe(file);
        ASSERT_FALSE(header);
        EXPECT_EQ(header.error().code, "image.too_large");
        EXPECT_EQ(decode(file).error().code, "image.too_large");
    }
}

TEST(Image, TheNumberOfPixelsIsLimitedToo) {
    EXPECT_EQ(probe(samples::png_header_only(11'000, 11'000)).error().code, "image.too_large");
    EXPECT_EQ(decode(samples::png_header_only(2'147'483'647, 2)).error().code, "image.too_large");
}

TEST(Image, AFileOverItsLimitIsRefusedUnread) {
    Limits limits;
    limits.bytes_max = 100;
    EXPECT_EQ(decode(encode_png(gradient(40, 30)), limits).error().code, "image.too_large");
}

// Under the sanitizers this also proves that no prefix makes a codec read or write astray.
TEST(Image, EveryTruncatedFileIsRefused) {
    for (const std::string& file : samples::one_of_each()) {
        for (std::size_t length = 0; length + 1 < file.size(); length += 1 + length / 64) {
            const std::string prefix = file.substr(0, length);
            const Result<Picture> read = decode(prefix);
            (void)probe(prefix);
            EXPECT_FALSE(read) << "a prefix of " << length << " of " << file.size()
                               << " bytes, beginning " << int(file[0]);
        }
    }
}

// A flipped bit may still give a picture (JPEG has no checksum), but never a crash, a picture of
// another size than its header says, or an unknown code.
TEST(Image, FlippedBitsNeverCrash) {
    for (const std::string& file : samples::one_of_each()) {
        for (std::size_t bit = 0; bit < file.size() * 8; bit += 1 + file.size() * 8 / 1500) {
            std::string broken = file;
            broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
            const Result<Picture> read = decode(broken);
            if (read) {
                EXPECT_EQ(read->rgb.size(), static_cast<std::size_t>(read->width) *
                                                static_cast<std::size_t>(read->height) * 3);
            } else {
                EXPECT_TRUE(read.error().code.starts_with("image.")) << read.error().code;
            }
        }
    }
}

TEST(Image, APngWithAWrongChecksumIsDamaged) {
    std::string file = encode_png(gradient(40, 30));
    file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
    EXPECT_EQ(decode(file).error().code, "image.damaged");
}

TEST(Image, NamesOfFormats) {
    EXPECT_EQ(name_of(Format::Png), "PNG");
    EXPECT_EQ(name_of(Format::Jpeg), "JPEG");
    EXPECT_EQ(name_of(Format::Tiff), "TIFF");
}

}  // namespace
}  // namespace sealdesk::image
