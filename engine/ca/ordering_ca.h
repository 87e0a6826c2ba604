#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ca/ca_client.h"
#include "ca/order_batch.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace sealdesk::ca {

/// Takes a message to the CA and brings its answer: into this process (OrderDesk::answer), or over
/// HTTPS. An Error of kind Unavailable, or a Failure: not known whether it arrived.
using OrderTransport = std::function<Result<std::string>(const std::string& message)>;

/// The key with which an RA signs its orders (M 1.3.2).
struct RaKey {
    crypto::KeyPair key;
    crypto::Certificate certificate;
};

/// The RA's side: every call is a batch of orders under one signature. Its name is made from the
/// orders, so that a repeat after a lost answer is the same batch. Errors, besides the CA's:
/// those of crypto::sign_detached, ca.bad_answer (Unavailable).
class OrderingCa final : public CaClient {
public:
    OrderingCa(std::string issuer, RaKey key, const Clock& clock, OrderTransport transport)
        : issuer_(std::move(issuer)),
          key_(std::move(key)),
          clock_(clock),
          transport_(std::move(transport)) {}

    [[nodiscard]] std::vector<Result<IssuedCertificate>> issue_all(
        std::span<const Order> orders) override;
    [[nodiscard]] Outcome hold(const StatusOrder& order) override;
    [[nodiscard]] Outcome release(const StatusOrder& order) override;
    [[nodiscard]] Outcome revoke(const StatusOrder& order) override;
    [[nodiscard]] Result<CertificateStatus> status(std::string_view serial) override;
    /// The CRL is in the repository, not in orders: always ca.no_crl (NotFound).
    [[nodiscard]] Result<CrlInfo> latest_crl() override;

private:
    [[nodiscard]] Outcome order_change(StatusChange change, const StatusOrder& order);
    [[nodiscard]] Result<BatchAnswer> send(OrderBatch batch);

    std::string issuer_;
    RaKey key_;
    const Clock& clock_;
    OrderTransport transport_;
};

}  // namespace sealdesk::ca
