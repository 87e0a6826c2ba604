#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/tally.h"
#include "slips/password.h"
#include "slips/template.h"
#include "store/tx.h"

namespace sealdesk::slips {

using PrintItemId = Id<struct PrintItemTag>;

/// How a slip reaches its reader (T 5.1.4). Stored as "counter", "post", "electronic".
enum class Delivery {
    Counter,     ///< 現場領取: printed, handed over at the counter
    Post,        ///< 掛號郵寄: printed, posted as registered mail
    Electronic,  ///< 電子化方式: mailed as an encrypted PDF; its opening code is on the receipt
};
[[nodiscard]] std::string_view to_text(Delivery delivery);
[[nodiscard]] std::optional<Delivery> delivery_from_text(std::string_view text);

/// Where a slip stands. Stored as lower-case text.
///
///     Waiting ──batch──> Batched ──slip print──> Printed ──ack──> HandedOver │ Posted ──┐
///        └───── electronic: the mail is in the outbox ──────────> Sent ────────────────┤
///     Void: from every state but Used, when it is lost or replaced   Used: logged in <──┘
///
/// HandedOver, Posted, Sent, Used and Void end the slip for the ledger.
enum class SlipState { Waiting, Batched, Printed, HandedOver, Posted, Sent, Used, Void };
[[nodiscard]] std::string_view to_text(SlipState state);
[[nodiscard]] std::optional<SlipState> slip_state_from_text(std::string_view text);

/// Whom a slip goes to, as it stands in the address window.
struct Recipient {
    std::string name;
    std::string postal_code;
    std::string address;
};

/// What Slip::password_length is for a slip that carries a card's PIN; its account is then the
/// card's row, its account_name the number on the card.
inline constexpr std::int64_t kCarriesPin = 0;

/// A slip to be made for an account. No secret is made yet: that happens when it is printed or
/// sent.
struct NewSlip {
    std::string scheme;         ///< which folder of templates/ is looked in first
    std::string template_name;  ///< such as "account-slip"
    RequestId request;
    std::string request_number;
    AccountId account;
    std::int64_t account_generation;  ///< of the password this slip carries
    std::string account_name;
    Delivery delivery;
    Recipient recipient;
    Fields fields;  ///< of the template, beyond those of slip_fields()
    std::string actor;
    /// 8 to 64 symbols, or kCarriesPin: its page comes sealed from elsewhere (card_slip.h).
    std::int64_t password_length = std::int64_t(kPasswordLength);
};

/// 密碼單.
struct Slip {
    SlipId id;
    std::string number;  ///< "S115-000123-4"
    std::string scheme;
    std::string template_name;
    RequestId request;
    std::string request_number;
    AccountId account;
    std::int64_t account_generation;
    std::string account_name;
    Delivery delivery;
    SlipState state;
    Recipient recipient;
    Fields fields;
    std::optional<SlipId> replaces;  ///< the slip that was lost
    std::optional<PrintBatchId> batch;
    std::string tracking_number;  ///< registered mail (T 3.2.6); empty before it is posted
    std::string void_reason;      ///< "lost", "reset" …; empty while not void
    std::int64_t password_length;
    std::int64_t version;  ///< grows by one with every change
    Instant created_at;
    std::optional<Instant> ended_at;  ///< when it came to its final state

    [[nodiscard]] bool carries_pin() const { return password_length == kCarriesPin; }
};

/// Makes the slip, and its print item unless it is electronic. Numbers run on through the years.
/// A second call for the same account and generation returns the slip of the first. Audit:
/// slip.created.
[[nodiscard]] Slip create_slip(store::Tx& tx, const NewSlip& order);

/// Error: slips.not_found (NotFound).
[[nodiscard]] Result<Slip> find_slip(store::Tx& tx, std::string_view number);
[[nodiscard]] Result<Slip> find_slip(store::Tx& tx, SlipId id);

/// The slips in the envelope that was posted last under this registered-mail number, the newest
/// first: those of one request.
[[nodiscard]] std::vector<Slip> slips_under(store::Tx& tx, std::string_view tracking);

/// When it was handed over, posted or sent; nothing while it was not.
[[nodiscard]] std::optional<Instant> out_at(store::Tx& tx, const Slip& slip);

/// At most one of state, account and request is set.
struct SlipFilter {
    std::optional<SlipState> state = {};
    std::optional<AccountId> account = {};
    std::optional<RequestId> request = {};
    std::int64_t after = 0;  ///< page by key: the last id of the page before
    int count_max = 1000;
};

/// In the order of their keys, which is roughly that of time.
[[nodiscard]] std::vector<Slip> list_slips(store::Tx& tx, const SlipFilter& filter);

/// Why a slip is voided: 1 to 40 of a–z 0–9 - _ such as "lost", "damaged", "reset".
struct VoidOrder {
    SlipId slip;
    std::string reason;
    std::string actor;
};

/// Ends a slip; a page of it that is not on paper yet will not be printed. The caller sees to it
/// that its password opens nothing any more (subscribers::begin_reset). Audit: slip.voided.
/// Errors: slips.not_found; slips.is_void, slips.is_used (Refused); slips.changed_meanwhile
/// (Conflict); slips.bad_reason (Invalid).
[[nodiscard]] Outcome void_slip(store::Tx& tx, const VoidOrder& order);

/// Voids every live slip of an account, for a reset (T 5.12); returns how many.
std::int64_t void_slips_of(store::Tx& tx, AccountId account, std::string_view reason,
                           std::string_view actor);

/// Voids a slip and makes another for the same account, recipient and way: a slip is never
/// printed twice. `account_generation` is that of the password the new slip will carry. Audit:
/// slip.voided, slip.created. Errors of void_slip(). Not for a slip that carries a PIN: the card's
/// PIN is set anew instead.
[[nodiscard]] Result<Slip> replace_slip(store::Tx& tx, const VoidOrder& order,
                                        std::int64_t account_generation);

/// What the post wrote on a letter that came back (退件).
struct SlipReturn {
    std::string reason;  ///< at most 300 bytes
    Instant at;          ///< as the post says
};
/// Why a slip that came back is void.
inline constexpr std::string_view kReturnedReason = "returned";

/// A posted slip came back: it was out of our hands and is void. The caller sees to it that its
/// password opens nothing any more. Audit: slip.voided, slip.returned. Refused: slips.is_used,
/// slips.not_on_its_way.
[[nodiscard]] Outcome return_slip(store::Tx& tx, const Slip& slip, const SlipReturn& came_back,
                                  std::string_view actor);
/// What return_slip() would refuse, for a rehearsal.
[[nodiscard]] Outcome check_return(const Slip& slip);

/// Records that the slip's password was used for its first login (T 4.3.2). Nothing happens when
/// the account has no slip of that generation that was handed over, posted or sent. Audit:
/// slip.used.
void mark_used(store::Tx& tx, AccountId account, std::int64_t account_generation);

/// The sums of all slips ever made: in == handed_over + posted + sent + used + voided + open.
/// `in` is the last number of the series, which has no gaps, so a lost row is a difference.
struct SlipLedger {
    std::int64_t in = 0;
    std::int64_t handed_over = 0;
    std::int64_t posted = 0;
    std::int64_t sent = 0;
    std::int64_t used = 0;
    std::int64_t voided = 0;
    std::int64_t open = 0;  ///< waiting, batched or printed

    [[nodiscard]] std::int64_t out() const { return handed_over + posted + sent + used + voided; }
    [[nodiscard]] std::int64_t difference() const { return in - out() - open; }
};
[[nodiscard]] SlipLedger count_slips(store::Tx& tx);

/// slips.made in that time, by scheme and delivery, as records say.
[[nodiscard]] std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span);

/// Stores the verifier of a password that is now on a slip: subscribers::activate(). When it
/// refuses (the account has moved on to another slip), the slip is voided as "superseded".
using StoreVerifier = std::function<Outcome(store::Tx&, AccountId, std::int64_t account_generation,
                                            const std::string& verifier)>;

/// The fields every slip template may use without the caller's doing: slip_number,
/// request_number, account_name, recipient_name, recipient_address, postal_code, issued_on (ROC
/// date), together with Slip::fields. The password is not among them.
[[nodiscard]] Fields slip_fields(const Slip& slip, Instant now);

}  // namespace sealdesk::slips
