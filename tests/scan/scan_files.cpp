#include <cstdio>

#include <jpeglib.h>

#include "scan/scanned_page.h"

namespace sealdesk::scan::drawn {

std::string to_jpeg(const image::Picture& picture, int quality, double dpi) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* bytes = nullptr;
    unsigned long count = 0;
    jpeg_mem_dest(&jpeg, &bytes, &count);
    jpeg.image_width = static_cast<JDIMENSION>(picture.width);
    jpeg.image_height = static_cast<JDIMENSION>(picture.height);
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    if (dpi > 0) {
        jpeg.density_unit = 1;
        jpeg.X_density = static_cast<UINT16>(dpi);
        jpeg.Y_density = static_cast<UINT16>(dpi);
    }
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = const_cast<std::uint8_t*>(picture.rgb.data()) +
                       std::size_t(jpeg.next_scanline) * std::size_t(picture.width) * 3;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    std::string file(reinterpret_cast<const char*>(bytes), count);
    jpeg_destroy_compress(&jpeg);
    std::free(bytes);
    return file;
}

std::string to_pdf(const std::vector<ScannedPage>& pages, double dpi) {
    std::string pdf = "%PDF-1.4\n";
    std::vector<std::size_t> starts;
    const auto object = [&](const std::string& body) {
        starts.push_back(pdf.size());
        pdf += std::to_string(starts.size()) + " 0 obj\n" + body + "\nendobj\n";
    };
    const auto stream = [&](const std::string& dictionary, const std::string& bytes) {
        object("<<" + dictionary + "/Length " + std::to_string(bytes.size()) + ">>stream\n" +
               bytes + "\nendstream");
    };
    object("<</Type/Catalog/Pages 2 0 R>>");
    std::string kids;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        kids += std::to_string(3 + 3 * i) + " 0 R ";
    }
    object("<</Type/Pages/Count " + std::to_string(pages.size()) + "/Kids[" + kids + "]>>");
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const image::Picture& picture = pages[i].picture;
        const std::string width = std::to_string(picture.width / dpi * 72);
        const std::string height = std::to_string(picture.height / dpi * 72);
        const std::string number = std::to_string(4 + 3 * i);
        object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 " + width + " " + height + "]/Contents " +
               number + " 0 R/Resources<</XObject<</S " + std::to_string(5 + 3 * i) + " 0 R>>>>>>");
        stream("", "q " + width + " 0 0 " + height + " 0 0 cm /S Do Q");
        stream(
            "/Type/XObject/Subtype/Image/Filter/DCTDecode/ColorSpace/DeviceRGB/"
            "BitsPerComponent 8/Width " +
                std::to_string(picture.width) + "/Height " + std::to_string(picture.height),
            pages[i].jpeg);
    }
    const std::size_t table = pdf.size();
    pdf += "xref\n0 " + std::to_string(starts.size() + 1) + "\n0000000000 65535 f \n";
    for (const std::size_t start : starts) {
        std::array<char, 24> line{};
        (void)std::snprintf(line.data(), line.size(), "%010zu 00000 n \n", start);
        pdf += line.data();
    }
    return pdf + "trailer<</Root 1 0 R/Size " + std::to_string(starts.size() + 1) +
           ">>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
}

}  // namespace sealdesk::scan::drawn
