#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "slips/slip.h"
#include "store/tx.h"

namespace sealdesk::effects {

/// A slip that was lost or damaged is never printed again: it is void, its password opens nothing
/// any more, and another slip with another password takes its place, in one commit. A slip of an
/// older password is only voided, and so is one whose reason is "wrong_address": the next goes to
/// the registered contact, which a contact-change form corrects first, and takes a password-reset
/// form (T 5.12.2). Returns the new slip's number, or "". `reason`: 1 to 40 of a–z 0–9 - _. Errors:
/// those of slips::void_slip().
[[nodiscard]] Result<std::string> replace_lost_slip(store::Database& database,
                                                    std::string_view number,
                                                    std::string_view reason,
                                                    std::string_view actor);

/// The same in the caller's transaction: the slip is void and its password dead, and another is
/// made (G 5).
[[nodiscard]] Result<std::string> replace_slip_in(store::Tx& tx, const slips::Slip& slip,
                                                  const slips::VoidOrder& order);

/// The slip's password, if it is still in force, opens nothing any more; no other is made.
void kill_password_of(store::Tx& tx, const slips::Slip& slip);

}  // namespace sealdesk::effects
