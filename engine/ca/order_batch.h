#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ca/ca_client.h"

/// The messages between RA and CA of one house: a batch of orders under one signature, and its
/// answers. A line of JSON (canonical: keys sorted, no blanks, UTF-8), then a line of base64 for each
/// certificate of an answer, or for the signature.
namespace sealdesk::ca {

struct ChangeOrder {
    StatusChange change;
    StatusOrder order;
};

/// Everything of one message. Orders keep their places: the answers come in the same ones.
struct OrderBatch {
    std::string id;      ///< 1 to 80 printable ASCII characters, unique for ever
    std::string issuer;  ///< the CA meant, by its key identifier: no other CA acts on it
    Instant at;          ///< when the RA signed
    std::vector<Order> issue;
    std::vector<ChangeOrder> changes;
    std::vector<std::string> questions;  ///< serial numbers whose standing is asked
};

/// Orders in one message.
inline constexpr std::size_t kBatchOrdersMax = kOrdersMax;

/// The bytes that are signed. A batch without id gets one by what it orders.
[[nodiscard]] std::string to_document(OrderBatch& batch);

/// SHA-256 of what a document (as read_document() takes it) orders, without the time: a repeat
/// after a lost answer is signed later.
[[nodiscard]] std::string content_hash_of(std::string_view document);

/// Error (Invalid) ca.bad_batch: no such document, a missing or unknown member, too many orders.
[[nodiscard]] Result<OrderBatch> read_document(std::string_view document);

struct BatchAnswer {
    std::vector<Result<IssuedCertificate>> issued;
    std::vector<Outcome> changed;
    std::vector<Result<CertificateStatus>> standing;
};

[[nodiscard]] std::string to_message(const BatchAnswer& answer);

/// ca.bad_answer (Unavailable), about an order, a certificate, or nothing in particular.
[[nodiscard]] Error unreadable_answer(std::string where);

/// Error (Unavailable) ca.bad_answer: whether anything was done is not known; ask again.
[[nodiscard]] Result<BatchAnswer> read_answer(std::string_view message);

/// Document and signature as they travel.
struct SignedBatch {
    std::string document;
    std::string signature;  ///< CMS, DER, detached
};
[[nodiscard]] std::string to_message(const SignedBatch& batch);
[[nodiscard]] Result<SignedBatch> read_signed_batch(std::string_view message);

/// An answer that is an error as a whole, and back.
[[nodiscard]] std::string to_message(const Error& error);

}  // namespace sealdesk::ca
