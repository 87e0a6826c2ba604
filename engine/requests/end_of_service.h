#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "requests/office.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

/// The end of a certification service (M 4.9): whom to notify three months before, and what goes
/// back to whom. A calculation; it changes nothing.
namespace sealdesk::requests {

/// One holder's fee for certificates of one request that the end cuts short.
struct EndRefund {
    subscribers::Subscriber holder;
    subscribers::Contact contact;
    std::string request_number;
    int certificates;  ///< of the request, neither revoked nor expired on the last day
    std::chrono::year_month_day from;
    std::chrono::year_month_day until;
    std::int64_t paid_twd;    ///< without cards and other material (M 4.9)
    std::int64_t refund_twd;  ///< see pro_rata.h
};

struct EndOfService {
    std::chrono::year_month_day end;
    std::chrono::year_month_day notify_by;  ///< three months before (M 4.9)
    std::vector<EndRefund> refunds;         ///< every holder, those without a refund too

    [[nodiscard]] std::int64_t paid_twd() const;
    [[nodiscard]] std::int64_t refund_twd() const;
};

/// The last day on which holders may be told: three months before, the last of the month where it
/// lacks the day (M 4.9).
[[nodiscard]] std::chrono::year_month_day notify_by(std::chrono::year_month_day end);

/// What goes back for the request behind one of its certificates.
[[nodiscard]] EndRefund end_refund_of(store::Tx& tx, const scheme::Scheme& scheme,
                                      const subscribers::Certificate& one,
                                      std::chrono::year_month_day end);

/// Refused: fee.no_scheme.
[[nodiscard]] Result<EndOfService> end_of_service(const Office& office, const std::string& scheme,
                                                  std::chrono::year_month_day end);

/// As CSV for a spreadsheet: UTF-8 with BOM, CRLF, every cell safe; the last line holds the sums.
[[nodiscard]] std::string to_csv(const EndOfService& service);

}  // namespace sealdesk::requests
