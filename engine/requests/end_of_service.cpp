#include "requests/end_of_service.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "requests/fees.h"
#include "requests/pro_rata.h"
#include "requests/request_store.h"
#include "subscribers/certificate.h"

namespace sealdesk::requests {
namespace {

using std::chrono::year_month_day;
using subscribers::Certificate;

constexpr int kCertificatePage = 500;

/// Items that pay for a thing: cards, paper (M 4.9: 不含 IC 卡等其他工本費).
std::vector<std::string> material_items(const scheme::Scheme& scheme) {
    std::vector<std::string> items;
    const auto add_from = [&](const std::vector<scheme::Fee>& fees) {
        for (const scheme::Fee& fee : fees) {
            if (fee.material) {
                items.push_back(fee.item);
            }
        }
    };
    add_from(scheme.fees);
    for (const scheme::Form& form : scheme.forms) {
        add_from(form.fees);
    }
    return items;
}

std::int64_t paid_for(store::Tx& tx, RequestId request, const std::vector<std::string>& material) {
    std::int64_t paid = 0;
    for (const Charge& charge : fees_of(tx, request)) {
        const bool counts = charge.state == ChargeState::Paid &&
                            std::ranges::find(material, charge.item) == material.end();
        paid += counts ? charge.amount_twd : 0;
    }
    return paid;
}

/// Certificates of one request are paid together: their time is from the first to the last.
struct Term {
    SubscriberId subscriber;
    Instant from;
    Instant until;
    int certificates = 0;
};

void extend(Term& term, const Certificate& one) {
    term.from = std::min(term.from, one.not_before);
    term.until = std::max(term.until, one.not_after);
    ++term.certificates;
}

std::map<std::int64_t, Term> terms_cut_short(store::Tx& tx, const std::string& scheme,
                                             Instant end) {
    std::map<std::int64_t, Term> terms;
    for (std::optional<CertificateId> after;;) {
        const auto page =
            subscribers::certificates_alive_at(tx, scheme, end, after, kCertificatePage);
        for (const Certificate& one : page.certificates) {
            auto& term = terms
                             .try_emplace(one.request.value(),
                                          Term{one.subscriber, one.not_before, one.not_after, 0})
                             .first->second;
            extend(term, one);
        }
        if (!page.last) {
            return terms;
        }
        after = page.last;
    }
}

EndRefund refund_for(store::Tx& tx, const scheme::Scheme& scheme, RequestId request,
                     const Term& term, year_month_day end) {
    EndRefund refund{subscribers::get_subscriber(tx, term.subscriber),
                     subscribers::current_contact(tx, term.subscriber),
                     get_request(tx, request).number,
                     term.certificates,
                     day_in_taipei(term.from),
                     day_in_taipei(term.until),
                     paid_for(tx, request, material_items(scheme)),
                     0};
    refund.refund_twd = pro_rata_refund(refund.paid_twd, refund.from, refund.until, end);
    return refund;
}

EndOfService calculate(store::Tx& tx, const scheme::Scheme& scheme, year_month_day end) {
    EndOfService service{end, notify_by(end), {}};
    for (const auto& [request, term] :
         terms_cut_short(tx, scheme.id, start_of_day_in_taipei(end))) {
        service.refunds.push_back(refund_for(tx, scheme, RequestId{request}, term, end));
    }
    return service;
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) {
        line += (line.empty() ? "" : ",") + to_csv_cell(cell);
    }
    return line + "\r\n";
}

}  // namespace

year_month_day notify_by(year_month_day end) {
    // sys_days clamps nothing: the last day of a shorter month is taken where the day is missing.
    const year_month_day before = end - std::chrono::months(3);
    return before.ok() ? before
                       : year_month_day(before.year() / before.month() / std::chrono::last);
}

EndRefund end_refund_of(store::Tx& tx, const scheme::Scheme& scheme, const Certificate& one,
                        year_month_day end) {
    Term term{one.subscriber, one.not_before, one.not_after, 0};
    for (const Certificate& other : subscribers::certificates_of(tx, one.subscriber)) {
        if (other.request == one.request && other.is_alive_at(start_of_day_in_taipei(end))) {
            extend(term, other);
        }
    }
    return refund_for(tx, scheme, one.request, term, end);
}

std::int64_t EndOfService::paid_twd() const {
    std::int64_t sum = 0;
    for (const EndRefund& one : refunds) {
        sum += one.paid_twd;
    }
    return sum;
}

std::int64_t EndOfService::refund_twd() const {
    std::int64_t sum = 0;
    for (const EndRefund& one : refunds) {
        sum += one.refund_twd;
    }
    return sum;
}

Result<EndOfService> end_of_service(const Office& office, const std::string& scheme,
                                    year_month_day end) {
    const scheme::Scheme* found = scheme::find_scheme(office.schemes, scheme);
    if (found == nullptr) {
        return Error{ErrorKind::NotFound,
                     "fee.no_scheme",
                     "There is no scheme of this name; see `sealdesk form list`.",
                     scheme,
                     {}};
    }
    return store::transact(office.database, "fee.end-of-service",
                           [&](store::Tx& tx) { return calculate(tx, *found, end); });
}

std::string to_csv(const EndOfService& service) {
    std::string csv = "\xEF\xBB\xBF" +
                      csv_line({"申請案 request", "用戶 holder", "證號 id number", "聯絡人 contact",
                                "電子郵件 e-mail", "地址 address", "憑證數 certificates", "起 from",
                                "訖 until", "已繳（不含工本費）paid NT$", "退費 refund NT$"});
    for (const EndRefund& one : service.refunds) {
        csv += csv_line(
            {one.request_number, one.holder.name, one.holder.id_number, one.contact.name,
             one.contact.email, one.contact.postal_code + one.contact.address,
             std::to_string(one.certificates), to_iso_text(one.from), to_iso_text(one.until),
             std::to_string(one.paid_twd), std::to_string(one.refund_twd)});
    }
    return csv +
           csv_line({"合計 sum", "", "", "", "", "", "", "", "", std::to_string(service.paid_twd()),
                     std::to_string(service.refund_twd())});
}

}  // namespace sealdesk::requests
