#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ca/ca_client.h"
#include "ca/order_batch.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// An order signed longer ago, or farther ahead, than this is refused unless it was received
/// before: clocks of two machines that keep time differ by seconds, and a message is sent at once.
inline constexpr std::chrono::minutes kOrderWindow{10};

/// Where signed orders come in (M 1.3.2): the CA acts on nothing else. It believes the RAs
/// registered with it (ra_registry.h), keeps every message as evidence before it acts, and gives
/// the same answers to a batch sent again.
class OrderDesk {
public:
    /// `issuer`: the CA's key identifier, hexadecimal; `core` carries the orders out.
    OrderDesk(store::Database& database, CaClient& core, std::string issuer)
        : database_(database), core_(core), issuer_(std::move(issuer)) {}

    /// JSON message in, JSON answer out (order_batch.h). An answer that is an error as a whole:
    /// ca.bad_batch, ca.other_ca, those of crypto::verify_detached (Invalid); ca.order_stale
    /// (Refused); ca.batch_changed (Conflict). Throws Failure when the database does not answer.
    [[nodiscard]] std::string answer(std::string_view message);

private:
    [[nodiscard]] Result<BatchAnswer> carry_out(std::string_view message);
    [[nodiscard]] Result<OrderBatch> receive(const SignedBatch& received);

    store::Database& database_;
    CaClient& core_;
    std::string issuer_;
};

}  // namespace sealdesk::ca
