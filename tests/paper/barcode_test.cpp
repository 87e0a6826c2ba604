#include "paper/barcode.h"

#include <array>

#include <gtest/gtest.h>

#include "base/error.h"

namespace sealdesk::paper {
namespace {

// Widths of bars and spaces of two Code 128 characters (ISO/IEC 15417 table 1).
constexpr std::array<int, 6> kStartB{2, 1, 1, 2, 1, 4};
constexpr std::array<int, 6> kLetterS{2, 1, 3, 1, 1, 3};

std::array<int, 6> widths_at(const Modules& modules, int x) {
    std::array<int, 6> widths{};
    bool dark = true;
    for (int& width : widths) {
        while (x < modules.width && modules.at(x, 0) == dark) {
            ++x;
            ++width;
        }
        dark = !dark;
    }
    return widths;
}

TEST(Barcode, Code128StartsWithAStartCharacterAndEndsWithTheStopPattern) {
    const Modules modules = code128_modules("S115-000123-4");

    EXPECT_EQ(modules.height, 1);
    EXPECT_EQ((modules.width - 2) % 11, 0);  // characters of 11 modules, and the stop's last bar
    EXPECT_EQ(widths_at(modules, 0), kStartB);
    EXPECT_EQ(widths_at(modules, 11), kLetterS);
    const std::array<bool, 13> stop{true, true,  false, false, false, true, true,
                                    true, false, true,  false, true,  true};
    for (int i = 0; i < 13; ++i) {
        EXPECT_EQ(modules.at(modules.width - 13 + i, 0), stop.at(std::size_t(i)));
    }
}

TEST(Barcode, QrHasItsThreeFinderPatterns) {
    const Modules modules = qr_modules("sealdesk:x/registration/1.0");

    EXPECT_EQ(modules.width, modules.height);
    EXPECT_EQ((modules.width - 17) % 4, 0);  // ISO/IEC 18004 §5.3.1: 17 + 4 × version
    const int far = modules.width - 7;
    for (const auto& [left, top] : {std::pair{0, 0}, std::pair{far, 0}, std::pair{0, far}}) {
        for (int y = 0; y < 7; ++y) {
            for (int x = 0; x < 7; ++x) {
                const int ring = std::max(std::abs(x - 3), std::abs(y - 3));
                EXPECT_EQ(modules.at(left + x, top + y), ring != 2);
            }
        }
    }
}

TEST(Barcode, RefusesWhatDoesNotFit) {
    EXPECT_THROW(static_cast<void>(code128_modules("")), Failure);
    EXPECT_THROW(static_cast<void>(code128_modules("密碼")), Failure);
    EXPECT_THROW(static_cast<void>(code128_modules(std::string(81, 'A'))), Failure);
    EXPECT_THROW(static_cast<void>(qr_modules("")), Failure);
    EXPECT_THROW(static_cast<void>(qr_modules(std::string(1001, 'A'))), Failure);
}

}  // namespace
}  // namespace sealdesk::paper
