#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sealdesk::paper {

/// Dark and light modules of a symbol, row by row, without the quiet zone around it. A linear
/// symbol has one row.
struct Modules {
    int width;
    int height;
    std::vector<bool> dark;  ///< width × height

    [[nodiscard]] bool at(int x, int y) const {
        return dark[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                    static_cast<std::size_t>(x)];
    }
};

/// Code 128 (ISO/IEC 15417) of 1 to 80 printable ASCII characters. Throws Failure
/// paper.bad_barcode (Internal) for other text: numbers printed as bars are made by us.
[[nodiscard]] Modules code128_modules(std::string_view ascii);

/// QR code (ISO/IEC 18004), byte mode, error correction level M (15 % may be damaged), the
/// smallest version that holds the text of 1 to 1,000 bytes. Throws as code128_modules().
[[nodiscard]] Modules qr_modules(std::string_view text);

}  // namespace sealdesk::paper
