#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sealdesk::test {

/// What an independent program says about a PDF. The bytes are written into `folder`.

/// `pdftotext -layout`: the text of all pages, or of one (1 = first); empty when it cannot open it.
[[nodiscard]] std::string pdf_text(std::string_view pdf, const std::filesystem::path& folder,
                                   std::string_view password = {}, int page = 0);

/// `qpdf --check`: true when it finds nothing wrong.
[[nodiscard]] bool qpdf_is_content(std::string_view pdf, const std::filesystem::path& folder,
                                   std::string_view password = {});

/// `qpdf --show-encryption` of a locked file.
[[nodiscard]] std::string pdf_encryption(std::string_view pdf, const std::filesystem::path& folder,
                                         std::string_view password);

}  // namespace sealdesk::test
