#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "requests/office.h"

/// What is charged at the counter, its payment in cash, and its way back. Whole New Taiwan dollars,
/// never floating point.
namespace sealdesk::requests {

enum class ChargeKind {
    Form,     ///< what a form costs, charged on its approval
    Sale,     ///< paid at the counter, with a form or without one (T 6.2, T 6.4)
    Prepaid,  ///< paid before the form is handed in (M 2.5.4)
};
enum class ChargeState { Due, Paid, Refunded, Void };
[[nodiscard]] std::string_view to_text(ChargeKind kind);
[[nodiscard]] std::string_view to_text(ChargeState state);

struct Charge {
    std::int64_t id;
    std::string receipt_number;  ///< "F115-000042-7"; items charged together share one
    std::string scheme;
    std::string item;
    ChargeKind kind;
    std::int64_t unit_twd;
    std::int64_t pieces;
    std::int64_t amount_twd;  ///< unit times pieces
    std::optional<RequestId> request;
    ChargeState state;
    std::string charged_by;
    Instant charged_at;
};

/// Charges what the form says its values cost and nobody has charged yet (T 6.1): what was paid at
/// the counter or in advance is not charged again. Returns every living charge of the request.
std::vector<Charge> charge_fees(store::Tx& tx, const scheme::Form& form, const Request& request);

/// Living charges (due or paid) of a request.
[[nodiscard]] std::vector<Charge> fees_of(store::Tx& tx, RequestId id);

/// Everything charged under a receipt number. Refused: fee.not_found.
[[nodiscard]] Result<std::vector<Charge>> charges_under(store::Tx& tx,
                                                        std::string_view receipt_number);

/// A page of charges in one state, by id.
[[nodiscard]] std::vector<Charge> list_charges(store::Tx& tx, ChargeState state,
                                               std::int64_t after_id, int limit);

/// Pieces of one item in one sale: more is a slip of the finger.
inline constexpr std::int64_t kPiecesMax = 1000;

struct Sale {
    std::string scheme;
    std::string item;
    std::int64_t pieces = 1;
    std::string request = {};  ///< its number, when it belongs to one
    bool prepaid = false;
    bool again = false;  ///< another one like the last: not the same sale told twice
};

/// A clerk who sells the same once more within this time may be repeating a sale whose answer was
/// lost with the terminal (a rule of the house).
inline constexpr std::chrono::minutes kSameSale{5};

// Units of work; each is refused with cash.day_closed when today's box was counted already.

/// Charges an item and takes the cash for it. Refused: fee.no_scheme, fee.no_item, fee.pieces,
/// fee.amounts_differ (forms ask different amounts for the item: name the request),
/// fee.already_charged, fee.sold_just_now (names the receipt; see kSameSale), request.not_found.
[[nodiscard]] Result<Charge> sell(const Office& office, const Sale& sale, const std::string& by);

/// Takes the cash for everything that is due under a number. Refused: fee.not_found, fee.not_due.
[[nodiscard]] Result<std::vector<Charge>> pay(const Office& office, std::string_view number,
                                              const std::string& by);

/// The form for which a fee was paid in advance has been handed in; from here on M 2.5.4 applies.
/// Refused: fee.not_prepaid, fee.already_charged, request.not_found.
[[nodiscard]] Result<std::vector<Charge>> attach(const Office& office, std::string_view number,
                                                 std::string_view request, const std::string& by);

/// Takes back a charge that nobody has paid. Refused: fee.not_due, fee.no_reason.
[[nodiscard]] Result<std::vector<Charge>> void_charge(const Office& office, std::string_view number,
                                                      const std::string& reason,
                                                      const std::string& by);

/// Whether the scheme lets this charge be given back; pure. `state`: of its request, if it has one.
/// Refused: fee.no_refund (the scheme knows none), fee.form_handed_in (M 2.5.4), fee.used (T 6.1).
[[nodiscard]] Outcome is_refundable(const scheme::RefundRule& rule, const Charge& charge,
                                    std::optional<State> state);

/// The first of the two people a refund takes. Refused: fee.not_paid, fee.no_reason,
/// fee.refund_asked, and the refusals of is_refundable().
[[nodiscard]] Result<std::vector<Charge>> ask_refund(const Office& office, std::string_view number,
                                                     const std::string& reason,
                                                     const std::string& by);

/// The second: gives the cash back, or declines. Refused: fee.no_refund_asked, fee.same_person,
/// and, looked at again, the refusals of is_refundable().
[[nodiscard]] Result<std::vector<Charge>> settle_refund(const Office& office,
                                                        std::string_view number, bool give,
                                                        const std::string& by);

/// A fee as the scheme has it: what is sold without a form, else what its forms ask.
/// Refused: as sell().
[[nodiscard]] Result<scheme::Fee> find_fee(const scheme::Scheme& scheme, const scheme::Form* form,
                                           std::string_view item);

}  // namespace sealdesk::requests
