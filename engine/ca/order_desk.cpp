#include "ca/order_desk.h"

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "ca/ra_registry.h"
#include "crypto/cms.h"

namespace sealdesk::ca {
namespace {

constexpr std::string_view kFindBatch = R"sql(
    SELECT content_sha256
    FROM ca_order_batch
    WHERE issuer = ? AND batch = ?
)sql";

constexpr std::string_view kInsertBatch = R"sql(
    INSERT INTO ca_order_batch (issuer, batch, ra_fingerprint, content_sha256, document,
                                signature, received_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
)sql";

Error batch_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), "M 1.3.2"};
}

struct Signer {
    std::string name;
    std::string fingerprint;
};

/// Whose word it is, by the RAs believed now.
Result<Signer> signer_of(const SignedBatch& received, const std::vector<RegisteredRa>& ras) {
    std::vector<crypto::Certificate> trusted;
    trusted.reserve(ras.size());
    for (const RegisteredRa& ra : ras) {
        trusted.push_back(ra.certificate);
    }
    const auto signer = crypto::verify_detached(received.signature, received.document, trusted);
    if (!signer) {
        return signer.error();
    }
    for (const RegisteredRa& ra : ras) {
        if (ra.certificate == signer->certificate) {
            return Signer{ra.name, ra.certificate.fingerprint()};
        }
    }
    SEALDESK_CHECK(false);
}

}  // namespace

Result<OrderBatch> OrderDesk::receive(const SignedBatch& received) {
    auto batch = read_document(received.document);
    if (!batch) {
        return batch.error();
    }
    if (batch->issuer != issuer_) {
        return batch_error(ErrorKind::Invalid, "ca.other_ca",
                           "The order is meant for another CA; check which CA the RA is set to.",
                           batch->id);
    }
    const std::string content = content_hash_of(received.document);
    const Outcome kept =
        store::transact(database_, "ca.order.receive", [&](store::Tx& tx) -> Outcome {
            const auto signer = signer_of(received, believed_ras(tx, issuer_));
            if (!signer) {
                return signer.error();
            }
            const auto before = tx.query(kFindBatch, issuer_, batch->id);
            if (!before.empty()) {
                return before.front().text(0) == content
                           ? done()
                           : Outcome(batch_error(
                                 ErrorKind::Conflict, "ca.batch_changed",
                                 "This batch was received before with other orders.", batch->id));
            }
            if (batch->at < tx.now() - kOrderWindow || batch->at > tx.now() + kOrderWindow) {
                return batch_error(ErrorKind::Refused, "ca.order_stale",
                                   "The order was signed too long ago, or the clocks of RA and CA "
                                   "differ; set them right and send a new one.",
                                   batch->id);
            }
            tx.execute(kInsertBatch, issuer_, batch->id, signer->fingerprint, content,
                       store::Blob{received.document}, store::Blob{received.signature}, tx.now());
            audit::append(tx, {"ca.order_received",
                               "ra:" + signer->name,
                               "batch:" + batch->id,
                               {{"content_sha256", content},
                                {"orders", batch->issue.size() + batch->changes.size()}}});
            return done();
        });
    return kept ? std::move(batch) : Result<OrderBatch>(kept.error());
}

Result<BatchAnswer> OrderDesk::carry_out(std::string_view message) {
    const auto received = read_signed_batch(message);
    if (!received) {
        return received.error();
    }
    const auto batch = receive(*received);
    if (!batch) {
        return batch.error();
    }
    crash_point("ca.order.received");
    BatchAnswer answer;
    if (!batch->issue.empty()) {
        answer.issued = core_.issue_all(batch->issue);
    }
    for (const ChangeOrder& one : batch->changes) {
        answer.changed.push_back(core_.change(one.change, one.order));
    }
    for (const std::string& serial : batch->questions) {
        answer.standing.push_back(core_.status(serial));
    }
    return answer;
}

std::string OrderDesk::answer(std::string_view message) {
    const auto answer = carry_out(message);
    return answer ? to_message(*answer) : to_message(answer.error());
}

}  // namespace sealdesk::ca
