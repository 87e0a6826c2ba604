#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// A certificate as the RA sees it; the CA has confirmed every one that is here (idea 3 of the
/// house).
struct Certificate {
    CertificateId id;
    SubscriberId subscriber;
    RequestId request;
    std::string order_key;
    std::string scheme;
    std::string profile;
    std::string serial;
    std::string der;
    Instant not_before;
    Instant not_after;
};

/// Keeps what the CA answered. The same order again changes nothing.
void keep_certificate(store::Tx& tx, const Certificate& certificate);

[[nodiscard]] std::optional<std::string> serial_of_order(store::Tx& tx, std::string_view order_key);

}  // namespace sealdesk::subscribers
