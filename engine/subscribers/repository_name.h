#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"

/// How names are compared in the repository; for this room only. Pure.
namespace sealdesk::subscribers {

/// Small letters, half-width, no blanks at the ends.
[[nodiscard]] std::string to_compared(std::string_view utf8);

/// A subject as searches compare it: "o=…", in the certificate's order.
[[nodiscard]] std::vector<std::string> compared_parts(const crypto::Certificate& certificate);

/// The values of O, OU and CN among these parts, each once, a line each; at most 190 characters.
[[nodiscard]] std::string compared_names(const std::vector<std::string>& parts);

/// What a person looks for.
struct WantedName {
    std::string name;                ///< of an organisation, unit or person
    std::vector<std::string> parts;  ///< of a distinguished name; empty: only the name was given
    bool exact = false;

    [[nodiscard]] bool fits(const std::vector<std::string>& subject) const;
};

/// Errors: those of search_repository().
[[nodiscard]] Result<WantedName> read_wanted_name(std::string_view text, bool exact);

}  // namespace sealdesk::subscribers
