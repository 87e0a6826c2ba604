#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

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

/// The PDF under AES-256, revision 6 (ISO 32000-2 §7.6): opens with the code only. The owner
/// password is 256 random bits that nobody keeps. Printing is allowed, changing is not.
/// `code`: 1 to 127 bytes of ASCII.
[[nodiscard]] std::string encrypt_pdf(std::string_view pdf, const Secret& code, Random& random);

}  // namespace sealdesk::paper
