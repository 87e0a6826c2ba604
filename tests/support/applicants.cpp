#include "support/applicants.h"

#include <cmath>
#include <utility>

#include "base/digest.h"

namespace sealdesk::test {
namespace {

constexpr double kPaper = 250;

/// Ink as a hand presses it, here more and there less: perfectly even ink is a printed copy's.
void fill(image::Picture& picture, int left, int top, int right, int bottom) {
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            const double pressed = 0.7 + 0.3 * std::sin(x / 19.0) * std::sin(y / 23.0 + 1);
            const std::size_t at =
                (std::size_t(y) * std::size_t(picture.width) + std::size_t(x)) * 3;
            for (const auto& [channel, ink] : {std::pair{0, 200}, {1, 40}, {2, 40}}) {
                picture.rgb[at + std::size_t(channel)] =
                    std::uint8_t(kPaper * std::pow(ink / kPaper, pressed));
            }
        }
    }
}

}  // namespace

std::string national_id(int number) {
    const std::string digits = std::to_string(10'000'000 + number);  // 1: a man, and 7 digits
    int sum = 1;                                                     // A counts 10: 1 * 1 + 0 * 9
    for (int i = 0; i < 8; ++i) {
        sum += (digits[std::size_t(i)] - '0') * (8 - i);
    }
    return "A" + digits + std::to_string((10 - sum % 10) % 10);
}

image::Picture draw_seal(const std::string& name) {
    image::Picture picture{
        220, 220, std::vector<std::uint8_t>(std::size_t{220} * 220 * 3, std::uint8_t(kPaper)), 300};
    fill(picture, 20, 20, 200, 28);
    fill(picture, 20, 192, 200, 200);
    fill(picture, 20, 20, 28, 200);
    fill(picture, 192, 20, 200, 200);
    const std::string bits = sha256(name);
    for (int cell = 0; cell < 36; ++cell) {  // six by six cells, barred by the name's hash
        const int x = 36 + cell % 6 * 25;
        const int y = 36 + cell / 6 * 25;
        const bool lying = (static_cast<unsigned char>(bits[std::size_t(cell) % 32]) & 1U) != 0;
        for (const int bar : {0, 8, 16}) {
            if (lying) {
                fill(picture, x, y + bar, x + 20, y + bar + 4);
            } else {
                fill(picture, x + bar, y, x + bar + 4, y + 20);
            }
        }
    }
    return picture;
}

}  // namespace sealdesk::test
