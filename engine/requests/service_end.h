#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "officers/officer_key.h"
#include "requests/office.h"
#include "subscribers/certificate.h"

// The end of a certification service, carried out (M 4.9): two people sign for it (M 5.2), every
// holder is told three months before, at the end every certificate is revoked, and what goes back
// of the fees waits to be paid out. The rooms above tell and revoke; here is what was ordered, how
// far it has come, and the money.
namespace sealdesk::requests {

struct ServiceEnd {
    std::string scheme;
    std::chrono::year_month_day end;  ///< the last day of service
    std::string ordered_by;
    std::string document;  ///< what both sign
    std::string seconded_by = {};
    /// How far a round has come, by the certificates' ids; 0: none is under way.
    std::int64_t told_after = 0;
    std::int64_t revoked_after = 0;
    std::int64_t revoke_round = 1;
    std::optional<Instant> revoked_at = {};

    [[nodiscard]] bool is_seconded() const { return !seconded_by.empty(); }
};

[[nodiscard]] std::optional<ServiceEnd> find_service_end(store::Tx& tx, std::string_view scheme);

/// The first signature. An order that nobody has seconded is replaced. Refused: fee.no_scheme
/// (NotFound), service_end.no_text (scheme.yaml has no text service_end to tell holders),
/// service_end.too_soon (less than three months ahead), service_end.seconded (it stands).
[[nodiscard]] Result<ServiceEnd> order_service_end(const Office& office, const std::string& scheme,
                                                   std::chrono::year_month_day end,
                                                   const std::string& officer,
                                                   officers::OfficerKey& key);

/// The second, by another person, over the same document. Refused: service_end.none,
/// service_end.same_person, service_end.seconded.
[[nodiscard]] Result<ServiceEnd> second_service_end(const Office& office, const std::string& scheme,
                                                    const std::string& officer,
                                                    officers::OfficerKey& key);

/// The order, seconded. Refused: service_end.none, service_end.not_seconded.
[[nodiscard]] Result<ServiceEnd> standing_service_end(store::Tx& tx, std::string_view scheme);

/// The same on or after its last day. Refused besides: service_end.not_yet.
[[nodiscard]] Result<ServiceEnd> due_service_end(store::Tx& tx, std::string_view scheme);

/// Refused service_end.ended once the revocation of everything has begun: nothing is issued any
/// more.
[[nodiscard]] Outcome check_in_service(store::Tx& tx, std::string_view scheme);

/// How a holder was told.
enum class ToldBy { Mail, Letter, Nothing };
[[nodiscard]] std::string_view to_text(ToldBy way);

[[nodiscard]] bool was_told(store::Tx& tx, std::string_view scheme, SubscriberId holder);
void note_told(store::Tx& tx, std::string_view scheme, SubscriberId holder, ToldBy way);

/// The chunk up to this certificate is done; 0: the round is. False when another process was
/// faster.
bool move_told(store::Tx& tx, const ServiceEnd& seen, std::int64_t last);
bool move_revoked(store::Tx& tx, const ServiceEnd& seen, std::int64_t last);

struct EndPayment {
    RequestId request;
    std::string request_number;
    std::int64_t paid_twd = 0;
    std::int64_t refund_twd = 0;
    bool is_paid = false;
    std::string settled_by = {};
    std::string reference = {};
};

/// Works out, once a request, what goes back for certificates of its subscriber that the end cuts
/// short; New Taiwan dollars, 0 when it was worked out before.
std::int64_t charge_end_refund(store::Tx& tx, const scheme::Scheme& scheme, const ServiceEnd& end,
                               const subscribers::Certificate& one);

/// A page by key: requests after this one.
[[nodiscard]] std::vector<EndPayment> list_end_refunds(store::Tx& tx, std::string_view scheme,
                                                       bool paid, std::int64_t after,
                                                       int count_max);

/// It was paid out, outside the cash box. Refused: request.not_found, service_end.no_refund,
/// service_end.refund_paid; Invalid: service_end.no_reference (3 to 80 characters).
[[nodiscard]] Outcome pay_end_refund(const Office& office, std::string_view request,
                                     const std::string& reference, const std::string& by);

struct EndCounts {
    std::int64_t told_by_mail = 0;
    std::int64_t told_by_letter = 0;
    std::int64_t not_reachable = 0;
    std::int64_t refunds_due = 0;
    std::int64_t refunds_paid = 0;
    std::int64_t due_twd = 0;
    std::int64_t paid_twd = 0;
};
[[nodiscard]] EndCounts count_service_end(store::Tx& tx, std::string_view scheme);

/// What goes back for all services that ended.
struct EndRefundSums {
    std::int64_t due_twd = 0;
    std::int64_t paid_twd = 0;
};
[[nodiscard]] EndRefundSums sum_end_refunds(store::Tx& tx);

}  // namespace sealdesk::requests
