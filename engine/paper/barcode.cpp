#include "paper/barcode.h"

#include <algorithm>
#include <string>

#include <qrencode.h>
#include <zint.h>

#include "base/error.h"
#include "base/handle.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kCode128LengthMax = 80;
constexpr std::size_t kQrLengthMax = 1000;

[[noreturn]] void throw_bad_barcode(const char* what) {
    throw_internal("paper.bad_barcode", std::string("The text does not fit into a ") + what + ".");
}

}  // namespace

Modules code128_modules(std::string_view ascii) {
    const bool printable = std::ranges::all_of(ascii, [](char c) { return c >= ' ' && c <= '~'; });
    if (ascii.empty() || ascii.size() > kCode128LengthMax || !printable) {
        throw_bad_barcode("Code 128");
    }
    const Handle<zint_symbol, &ZBarcode_Delete> symbol(ZBarcode_Create());
    SEALDESK_CHECK(symbol != nullptr);
    symbol->symbology = BARCODE_CODE128;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(ascii.data());
    if (ZBarcode_Encode(symbol.get(), bytes, int(ascii.size())) >= ZINT_ERROR ||
        symbol->rows != 1) {
        throw_bad_barcode("Code 128");
    }
    Modules modules{symbol->width, 1, std::vector<bool>(std::size_t(symbol->width))};
    for (int x = 0; x < symbol->width; ++x) {
        modules.dark[std::size_t(x)] = ((symbol->encoded_data[0][x / 8] >> (x % 8)) & 1) != 0;
    }
    return modules;
}

Modules qr_modules(std::string_view text) {
    if (text.empty() || text.size() > kQrLengthMax) {
        throw_bad_barcode("QR code");
    }
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const Handle<QRcode, &QRcode_free> code(
        QRcode_encodeData(int(text.size()), bytes, 0, QR_ECLEVEL_M));
    if (code == nullptr) {
        throw_bad_barcode("QR code");
    }
    const auto count = std::size_t(code->width) * std::size_t(code->width);
    Modules modules{code->width, code->width, std::vector<bool>(count)};
    for (std::size_t i = 0; i < count; ++i) {
        modules.dark[i] = (code->data[i] & 1U) != 0;
    }
    return modules;
}

}  // namespace sealdesk::paper
