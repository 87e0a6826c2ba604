#pragma once

// Inside of slips/ only: what the room's parts share about its tables.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slips/slip.h"

namespace sealdesk::slips {

/// Keys of the print items that belong to a slip: its own pages, and the receipt with its opening
/// code.
[[nodiscard]] std::string item_key_of(SlipId slip);
[[nodiscard]] std::string code_key_of(SlipId slip);

[[nodiscard]] std::string fields_to_json(const Fields& fields);
/// Throws Failure slips.bad_row (Internal).
[[nodiscard]] Fields fields_from_json(const std::string& text);

/// Where a slip goes from here. Empty and absent entries keep what is stored.
struct SlipMove {
    SlipState to;
    std::optional<PrintBatchId> batch = {};
    std::string tracking_number = {};
    std::string void_reason = {};
};

/// Compare-and-set on the version. Error: slips.changed_meanwhile (Conflict).
[[nodiscard]] Outcome move_slip(store::Tx& tx, const Slip& seen, const SlipMove& move);

/// In the order of their keys.
[[nodiscard]] std::vector<Slip> slips_of_batch(store::Tx& tx, PrintBatchId batch,
                                               std::int64_t after, int count_max);

/// Closes a printed batch when no slip of it is open any more. Audit: print.batch_closed.
void close_batch_if_done(store::Tx& tx, PrintBatchId batch, std::string_view actor);

}  // namespace sealdesk::slips
