#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "ca/ca_client.h"
#include "ca/cmp_failure.h"
#include "ca/cmp_handles.h"
#include "ca/cmp_message.h"
#include "ca/cmp_server.h"
#include "ca/ra_registry.h"
#include "store/tx.h"

/// One request with OpenSSL around it; for cmp_server.cpp only.
namespace sealdesk::ca {

/// A request whose sender is a believed RA, if OpenSSL finds its signature good.
struct CmpRequest {
    const CmpMessage& message;
    std::string_view der;
    const RegisteredRa& ra;
};

/// A context for one message: OpenSSL's is good for one transaction only. It trusts this RA's
/// certificate and nothing else.
[[nodiscard]] CmpServerContext make_cmp_context(const CmpSettings& settings,
                                                const RegisteredRa& ra);

/// The order's key that stands for a transaction.
[[nodiscard]] std::string cmp_order_key(const CmpTransactionKey& key);

[[nodiscard]] CmpTransactionKey cmp_transaction_key(const CmpSettings& settings,
                                                    const CmpMessage& message,
                                                    const RegisteredRa& ra);

/// Verifies, carries out, stores and returns the answer as DER, or why there is none of OpenSSL's.
[[nodiscard]] std::variant<std::string, CmpFailure> carry_out(store::Database& database,
                                                              CaClient& ca,
                                                              const CmpSettings& settings,
                                                              const CmpRequest& request);

}  // namespace sealdesk::ca
