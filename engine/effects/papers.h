#pragma once

#include <span>
#include <string>
#include <vector>

#include "effects/matter.h"
#include "requests/fees.h"

namespace sealdesk::effects {

/// How paper leaves the office for a request: posted unless everything is picked up (T 6.3).
[[nodiscard]] slips::Delivery paper_delivery(const Matter& matter);

/// Fields of the template "counter-receipt", all but the opening code and the slip's number.
[[nodiscard]] slips::Fields receipt_fields(const Matter& matter, const Issued& issued,
                                           std::span<const requests::FeeLine> fees, Instant now);

/// What happened to the request and why, for the letter and the mail.
struct Outcome2 {};

}  // namespace sealdesk::effects
