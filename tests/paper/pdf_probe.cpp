#include "paper/pdf_probe.h"

#include <fstream>

#include "support/command.h"

namespace sealdesk::test {
namespace {

std::string keep_probe(std::string_view pdf, const std::filesystem::path& folder) {
    const auto file = folder / "probe.pdf";
    std::ofstream(file, std::ios::binary) << pdf;
    return file.string();
}

}  // namespace

std::string pdf_text(std::string_view pdf, const std::filesystem::path& folder,
                     std::string_view password, int page) {
    const std::string number = std::to_string(page);
    const std::string pages = page == 0 ? "" : " -f " + number + " -l " + number;
    const std::string unlock = password.empty() ? "" : " -upw " + std::string(password);
    const auto result =
        run_command("pdftotext -layout" + pages + unlock + " " + keep_probe(pdf, folder) + " -");
    return result.succeeded() ? result.output : "";
}

bool qpdf_is_content(std::string_view pdf, const std::filesystem::path& folder,
                     std::string_view password) {
    const std::string unlock = password.empty() ? "" : " --password=" + std::string(password);
    return run_command("qpdf --check" + unlock + " " + keep_probe(pdf, folder)).succeeded();
}

std::string pdf_encryption(std::string_view pdf, const std::filesystem::path& folder,
                           std::string_view password) {
    return run_command("qpdf --show-encryption --password=" + std::string(password) + " " +
                       keep_probe(pdf, folder))
        .output;
}

}  // namespace sealdesk::test
