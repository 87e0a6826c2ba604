#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/secret.h"
#include "store/tx.h"

// What a subscriber's own secrets must not be made of (T 4.9.7): website passwords and card PINs.
namespace sealdesk::effects {

/// What anybody knows who has seen the registration form: its numbers, dates (in both calendars,
/// and in the orders in which people write them) and addresses, and `more` (the account's name, the
/// card's number); each as small letters and digits, 6 at least.
[[nodiscard]] std::vector<std::string> guessable(store::Tx& tx, SubscriberId subscriber,
                                                 const std::vector<std::string>& more);

/// One of them is in the secret, whatever its spelling.
[[nodiscard]] bool holds_guessable(const Secret& secret, const std::vector<std::string>& known);

/// The secret, of 6 digits or more, is a piece of one of them: a PIN is shorter than a phone
/// number.
[[nodiscard]] bool is_piece_of_guessable(const Secret& secret,
                                         const std::vector<std::string>& known);

/// Every character follows the one before by the same step of 0, 1 or -1: 111111, 123456, 654321.
[[nodiscard]] bool is_run(const Secret& secret);

}  // namespace sealdesk::effects
