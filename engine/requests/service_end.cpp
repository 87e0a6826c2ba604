#include "requests/service_end.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "officers/officer.h"
#include "requests/end_of_service.h"
#include "requests/request_store.h"
#include "requests/service_end_store.h"

namespace sealdesk::requests {
namespace {

using std::chrono::year_month_day;

constexpr std::size_t kReferenceMin = 3;
constexpr std::size_t kReferenceMax = 80;

Error end_error(std::string code, std::string detail, std::string_view where) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), std::string(where), "M 4.9"};
}

Error no_end(std::string_view scheme) {
    return end_error("service_end.none",
                     "The end of this service is not ordered; see `sealdesk end-of-service order`.",
                     scheme);
}

Error already_seconded(const ServiceEnd& end) {
    return end_error("service_end.seconded",
                     "The end of this service is ordered and seconded; it stands for " +
                         to_iso_text(end.end) + ".",
                     end.scheme);
}

std::string end_document(const std::string& scheme, year_month_day end, const std::string& officer,
                         Instant at) {
    return nlohmann::json{{"act", "end of service, M 4.9"},
                          {"scheme", scheme},
                          {"end", to_iso_text(end)},
                          {"ordered_by", officer},
                          {"at", to_utc_text(at)}}
        .dump();
}

void record_end(store::Tx& tx, std::string_view kind, const ServiceEnd& end,
                const std::string& officer, const std::string& signature) {
    audit::append(tx, {"service-end." + std::string(kind),
                       officers::actor_of(officer),
                       "scheme:" + end.scheme,
                       {{"end", to_iso_text(end.end)},
                        {"document_sha256", sha256_hex(end.document)},
                        {"signature_sha256", sha256_hex(signature)}}});
}

Outcome check_end_order(const Office& office, const std::string& scheme_id, year_month_day end) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, scheme_id);
    if (scheme == nullptr) {
        return Error{ErrorKind::NotFound,
                     "fee.no_scheme",
                     "There is no scheme of this name; see `sealdesk form list`.",
                     scheme_id,
                     {}};
    }
    if (!scheme->texts.contains("service_end")) {
        return end_error("service_end.no_text",
                         "scheme.yaml has no text `service_end`, which tells the holders.",
                         scheme_id);
    }
    const auto today = day_in_taipei(office.database.clock().now());
    if (notify_by(end) < today) {
        return end_error("service_end.too_soon",
                         "Holders are told three months before: choose a later day.",
                         to_iso_text(end));
    }
    return done();
}

Result<ServiceEnd> to_second(store::Tx& tx, const std::string& scheme, const std::string& officer) {
    const auto end = find_service_end(tx, scheme);
    if (!end) {
        return no_end(scheme);
    }
    if (end->is_seconded()) {
        return already_seconded(*end);
    }
    if (end->ordered_by == officer) {
        return end_error("service_end.same_person",
                         "You ordered the end; another person seconds it.", scheme);
    }
    return *end;
}

}  // namespace

Result<ServiceEnd> order_service_end(const Office& office, const std::string& scheme,
                                     year_month_day end, const std::string& officer,
                                     officers::OfficerKey& key) {
    Outcome right = check_end_order(office, scheme, end);
    if (!right) {
        return right.error();
    }
    const Instant at = office.database.clock().now();
    const ServiceEnd fresh{scheme, end, officer, end_document(scheme, end, officer, at)};
    const auto signature = key.sign(fresh.document, at);
    if (!signature) {
        return signature.error();
    }
    return store::transact(office.database, "service-end.order",
                           [&](store::Tx& tx) -> Result<ServiceEnd> {
                               const auto before = find_service_end(tx, scheme);
                               if (before && before->is_seconded()) {
                                   return already_seconded(*before);
                               }
                               keep_order(tx, fresh, *signature, before.has_value());
                               record_end(tx, "ordered", fresh, officer, *signature);
                               return fresh;
                           });
}

Result<ServiceEnd> second_service_end(const Office& office, const std::string& scheme,
                                      const std::string& officer, officers::OfficerKey& key) {
    const auto seen = store::transact(office.database, "service-end.read", [&](store::Tx& tx) {
        return to_second(tx, scheme, officer);
    });
    if (!seen) {
        return seen.error();
    }
    const auto signature = key.sign(seen->document, office.database.clock().now());
    if (!signature) {
        return signature.error();
    }
    return store::transact(
        office.database, "service-end.second", [&](store::Tx& tx) -> Result<ServiceEnd> {
            if (!keep_second(tx, *seen, officer, *signature)) {
                return Error{ErrorKind::Conflict,
                             "service_end.changed",
                             "The order was changed while you were signing; look at it again.",
                             scheme,
                             {}};
            }
            ServiceEnd seconded = *seen;
            seconded.seconded_by = officer;
            record_end(tx, "seconded", seconded, officer, *signature);
            return seconded;
        });
}

Result<ServiceEnd> standing_service_end(store::Tx& tx, std::string_view scheme) {
    auto end = find_service_end(tx, scheme);
    if (!end) {
        return no_end(scheme);
    }
    if (!end->is_seconded()) {
        return end_error("service_end.not_seconded",
                         "A second person has not signed for the end; see `sealdesk "
                         "end-of-service second`.",
                         scheme);
    }
    return *std::move(end);
}

Result<ServiceEnd> due_service_end(store::Tx& tx, std::string_view scheme) {
    auto end = standing_service_end(tx, scheme);
    if (end && day_in_taipei(tx.now()) < end->end) {
        return end_error("service_end.not_yet", "The service's last day has not come.",
                         to_iso_text(end->end));
    }
    return end;
}

Outcome check_in_service(store::Tx& tx, std::string_view scheme) {
    const auto end = find_service_end(tx, scheme);
    if (end && end->revoked_at) {
        return end_error("service_end.ended",
                         "The service has ended; no certificates are issued any more.", scheme);
    }
    return done();
}

std::int64_t charge_end_refund(store::Tx& tx, const scheme::Scheme& scheme, const ServiceEnd& end,
                               const subscribers::Certificate& one) {
    if (has_end_refund(tx, one.request)) {
        return 0;
    }
    const EndRefund refund = end_refund_of(tx, scheme, one, end.end);
    add_end_refund(tx, scheme.id, one.request, refund.paid_twd, refund.refund_twd);
    return refund.refund_twd;
}

Outcome pay_end_refund(const Office& office, std::string_view number, const std::string& reference,
                       const std::string& by) {
    const std::string text = trim(reference);
    if (text.size() < kReferenceMin || text.size() > kReferenceMax) {
        return Error{ErrorKind::Invalid,
                     "service_end.no_reference",
                     "Say under which reference it was paid: 3 to 80 characters.",
                     {},
                     "M 4.9"};
    }
    return store::transact(office.database, "service-end.pay", [&](store::Tx& tx) -> Outcome {
        const auto request = find_request(tx, number);
        if (!request) {
            return request.error();
        }
        if (!has_end_refund(tx, request->id)) {
            return end_error("service_end.no_refund", "Nothing goes back for this request.",
                             number);
        }
        if (!settle_end_refund(tx, request->id, text, by)) {
            return end_error("service_end.refund_paid", "It was paid out before.", number);
        }
        audit::append(tx, {"service-end.refund-paid", officers::actor_of(by),
                           "request:" + request->number, nlohmann::json{{"reference", text}}});
        return done();
    });
}

}  // namespace sealdesk::requests
