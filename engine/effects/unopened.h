#pragma once

#include <string_view>

#include "effects/papers.h"
#include "effects/works.h"
#include "scheme/scheme.h"
#include "slips/slip.h"
#include "slips/wait.h"

// Slips that do not arrive or whose password nobody uses: reminded, voided, bounced, returned. The
// subscriber then needs a password-reset form; no second slip goes to an address that may be wrong
// (T 5.12.2).
namespace sealdesk::effects {

/// When an e-delivered slip that leaves now is reminded of, and when it is void (SlipPolicy).
[[nodiscard]] slips::WaitTerms electronic_terms(const scheme::Scheme& scheme, Instant now);

/// Says in a notice by which day, that day included, a slip must be used that is void at this
/// moment; none: nothing.
void add_last_day(Notice& notice, const std::optional<Instant>& void_at);

/// A slip on paper leaves the office: its time begins where the scheme lets it run out.
void begin_paper_wait(store::Tx& tx, const requests::Office& office, const slips::Slip& slip);

/// Why a slip is voided without another in its place (VoidOrder::reason).
inline constexpr std::string_view kWrongAddress = "wrong_address";
inline constexpr std::string_view kUnopened = "unopened";
inline constexpr std::string_view kBounced = "bounced";

/// Ends a slip before its first login, without another: its password opens nothing any more, its
/// mail is taken back if it has not left, and the account waits for a form. Errors of
/// slips::void_slip().
[[nodiscard]] Outcome withdraw_slip(store::Tx& tx, const slips::Slip& slip,
                                    const slips::VoidOrder& order);

/// A slip that is due was not used meanwhile: its reader is reminded, once, or it is voided and the
/// reader told. False when there was nothing to do any more.
[[nodiscard]] Result<bool> remind_of_slip(store::Tx& tx, const slips::Wait& due);
[[nodiscard]] Result<bool> void_unopened(store::Tx& tx, const slips::Wait& due);

/// The post brought a slip back: it was out of our hands and is void, its password dead (T 5.12),
/// and its reader told by mail, or by letter where the address has changed since. Errors of
/// slips::return_slip().
Outcome take_slip_back(store::Tx& tx, const slips::Slip& slip, const slips::SlipReturn& came_back,
                       std::string_view actor);

/// The mail `mail_key` (OutgoingMail::dedup_key) came back. When it carried a slip, the slip stands
/// in `slip list --bounced`; when it will never arrive, the slip is withdrawn and its subscriber
/// told by letter. Nothing happens for other mails, and for slips that were used or voided.
Outcome slip_mail_bounced(store::Tx& tx, std::string_view mail_key, bool for_good);

}  // namespace sealdesk::effects
