#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sealdesk::paper {

/// Pages of one PDF, to become part of another. The bytes are borrowed for the call.
struct PageRange {
    std::string_view pdf;
    int first;  ///< 1 for the first page
    int count;
};

/// One PDF of the ranges' pages in their order; fonts and recorded parts that ranges of the same
/// bytes share are stored once. Throws Failure paper.bad_pdf (Internal) when bytes are not a PDF
/// or a range is outside it. The caller wipes the result if it holds a secret.
[[nodiscard]] std::string assemble(std::span<const PageRange> ranges);

/// How many pages a PDF has. Throws as assemble().
[[nodiscard]] int count_pages(std::string_view pdf);

}  // namespace sealdesk::paper
