#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "requests/office.h"

namespace sealdesk::requests {

/// What a clerk corrects on a request: by field key or label.
struct Correction {
    std::map<std::string, std::string> fields;           ///< new text, as one would key it
    std::map<std::string, std::filesystem::path> scans;  ///< new image files
    std::string by;                                      ///< login of who keyed it
};

/// Judges the corrected form by every rule that import applies and saves it; every check is open
/// again. On a returned request this is the resubmission (補正), and the promised time goes on.
/// Refused: edit.unknown_field, edit.identity (the id number of a request cannot be changed: it is
/// another applicant; withdraw and import anew), edit.invalid (the first rule broken, with its
/// citation), and what decide_transition() refuses.
[[nodiscard]] Result<State> edit(const Office& office, std::string_view number,
                                 const Correction& correction);

}  // namespace sealdesk::requests
