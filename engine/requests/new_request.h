#pragma once

#include <string>

#include "audit/log.h"
#include "intake/evaluate.h"
#include "requests/office.h"
#include "requests/request_store.h"

// How an accepted row becomes a request; shared by the two ways in (receive.cpp,
// registry_chunk.cpp).
namespace sealdesk::requests {

/// What the rows of one file share.
struct Arrival {
    const Office& office;
    const scheme::Scheme& scheme;
    const scheme::Form& form;
    const std::string& by;  ///< login of who keyed or imported it
};

/// The request of an accepted draft, with its checks open and its promised end; without a number.
[[nodiscard]] NewRequest new_request(store::Tx& tx, const Arrival& arrival,
                                     const intake::Draft& draft);

/// Of a user code only its verifier goes on, when `wanted`; the code itself is wiped. Slow on
/// purpose (crypto::kChosenSecretCost): with no transaction open.
void settle_user_code(const Office& office, intake::Draft& draft, bool wanted);

/// The ROC year's running number of requests, `count` of them: the first.
[[nodiscard]] std::int64_t take_request_numbers(store::Tx& tx, std::int64_t count);
[[nodiscard]] std::string request_number(store::Tx& tx, std::int64_t sequence);

/// request.received, with what names the row.
[[nodiscard]] audit::Event received_event(const Request& request, std::int64_t batch,
                                          std::int64_t row);

}  // namespace sealdesk::requests
