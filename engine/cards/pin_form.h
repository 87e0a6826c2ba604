#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "cards/card.h"

namespace sealdesk::cards {

/// Whether a card of this form takes the PIN, found out without asking it. Error (Invalid)
/// card.bad_pin_form (T 4.9.7), with the lengths it takes in `where`.
[[nodiscard]] Outcome check_pin_form(const Secret& pin, const PinForm& form);

}  // namespace sealdesk::cards
