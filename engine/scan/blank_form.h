#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "paper/form_sheet.h"
#include "scheme/scheme.h"

// The paper form: drawn from its definition, and what its QR codes say.
namespace sealdesk::scan {

/// Side of the box for a natural or responsible person's seal, and for an organisation's, in
/// millimetres: company seals are 28–42 mm, personal ones 12–18 mm (notes on seals), with room to
/// set them askew.
inline constexpr double kPersonalSealBox = 25;
inline constexpr double kCompanySealBox = 50;

/// What the QR codes of a page say:
/// "sealdesk:<scheme>/<form>/<version>/<page>-<pages>/<layout>[/<record>]".
struct PageCode {
    std::string scheme;
    std::string form;
    std::string version;
    int page = 1;
    int pages = 1;
    std::string layout;  ///< FormLayout::id of the paper
    std::string record;  ///< the paper's own number (收件編號); may be empty
};
[[nodiscard]] std::string to_text(const PageCode& code);
/// Nothing when the text is not such a code.
[[nodiscard]] std::optional<PageCode> parse_code(std::string_view text);

/// Where everything stands on the paper of a form.
struct FormLayout {
    std::vector<std::vector<paper::FormPlace>> pages;
    /// Six hex digits of the places: a paper printed before the form was rearranged, or with other
    /// fonts, is told apart even when its version is the same.
    std::string id;
};
[[nodiscard]] FormLayout lay_out(const scheme::Scheme& scheme, const scheme::Form& form);

/// Empty forms as PDF, drawn from the definition: every field on the paper with its label, tick
/// boxes for choices, the documents checklist, places for copies, the declaration above the seal
/// boxes, and what the office fills in. A4, Traditional Chinese with small English. One copy for
/// each of `records`; an empty one bears no number.
[[nodiscard]] std::string print_blank_forms(const scheme::Scheme& scheme, const scheme::Form& form,
                                            std::span<const std::string> records, Instant created);

}  // namespace sealdesk::scan
