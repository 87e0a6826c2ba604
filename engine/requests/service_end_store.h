#pragma once

// Inside of requests/ only: the tables of service_end.h.

#include "requests/service_end.h"

namespace sealdesk::requests {

/// In place of one that nobody has seconded, or as the first.
void keep_order(store::Tx& tx, const ServiceEnd& fresh, const std::string& signature,
                bool replaces);

/// Compare-and-set on the document.
bool keep_second(store::Tx& tx, const ServiceEnd& seen, const std::string& officer,
                 const std::string& signature);

[[nodiscard]] bool has_end_refund(store::Tx& tx, RequestId request);
/// Nothing to give back is kept as paid: the ledger closes over every request.
void add_end_refund(store::Tx& tx, std::string_view scheme, RequestId request,
                    std::int64_t paid_twd, std::int64_t refund_twd);
bool settle_end_refund(store::Tx& tx, RequestId request, const std::string& reference,
                       const std::string& by);

}  // namespace sealdesk::requests
