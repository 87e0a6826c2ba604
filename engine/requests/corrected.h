#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "intake/evaluate.h"
#include "requests/examine.h"

namespace sealdesk::requests {

/// What is keyed anew on a request's form, by field key. A scan is the path of an image file.
struct Changes {
    std::map<std::string, std::string> fields;
    std::map<std::string, std::filesystem::path> scans;
};

/// The form as it would be with the changes, judged by every rule that needs no register.
[[nodiscard]] intake::Draft judged_form(const Office& office, const Request& request,
                                        const Changes& changes);

/// The same with the register's rules, as what amend() takes. Its own request is no duplicate of
/// itself; an id number that differs from the request's is looked up. New scans are in the desk's
/// files afterwards. Refused: edit.invalid (the first rule broken, with its citation).
[[nodiscard]] Result<Amendment> corrected_form(const Office& office, const Request& request,
                                               const Changes& changes, const std::string& by);

}  // namespace sealdesk::requests
