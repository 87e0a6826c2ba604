#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

/// Checkpoint documents and lines of the copy as text; pure, for this room only.
namespace sealdesk::audit {

struct CheckpointClaim {
    std::int64_t number = 0;
    std::int64_t sequence = 0;
    std::string hash;
    std::string previous;  ///< SHA-256 of the document before, hexadecimal
};

[[nodiscard]] std::string to_document(const CheckpointClaim& claim, Instant at);

/// Nothing when the text is not a checkpoint document.
[[nodiscard]] std::optional<CheckpointClaim> parse_document(std::string_view document);

/// One line of the copy, and the document in it.
[[nodiscard]] std::string to_copy_line(std::string_view document, std::string_view signature);
[[nodiscard]] std::optional<std::string> document_of_line(std::string_view line);

}  // namespace sealdesk::audit
