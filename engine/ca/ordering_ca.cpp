#include "ca/ordering_ca.h"

#include "base/error.h"
#include "crypto/cms.h"

namespace sealdesk::ca {
Result<BatchAnswer> OrderingCa::send(OrderBatch batch) {
    batch.issuer = issuer_;
    batch.at = std::chrono::floor<std::chrono::seconds>(clock_.now());
    SignedBatch message{to_document(batch), {}};
    auto signature = crypto::sign_detached(message.document, key_.key, key_.certificate, batch.at);
    if (!signature) {
        return signature.error();
    }
    message.signature = *std::move(signature);
    const auto answer = transport_(to_message(message));
    return answer ? read_answer(*answer) : answer.error();
}

std::vector<Result<IssuedCertificate>> OrderingCa::issue_all(std::span<const Order> orders) {
    SEALDESK_CHECK(orders.size() <= kOrdersMax);
    OrderBatch batch;
    batch.issue.assign(orders.begin(), orders.end());
    auto answer = send(std::move(batch));
    if (answer && answer->issued.size() == orders.size()) {
        return std::move(answer->issued);
    }
    std::vector<Result<IssuedCertificate>> all;
    for (const Order& order : orders) {
        all.emplace_back(answer ? unreadable_answer(order.key) : answer.error());
    }
    return all;
}

Outcome OrderingCa::order_change(StatusChange change, const StatusOrder& order) {
    OrderBatch batch;
    batch.changes.push_back({change, order});
    const auto answer = send(std::move(batch));
    if (!answer) {
        return answer.error();
    }
    return answer->changed.size() == 1 ? answer->changed.front() : unreadable_answer(order.serial);
}

Outcome OrderingCa::hold(const StatusOrder& order) {
    return order_change(StatusChange::Hold, order);
}
Outcome OrderingCa::release(const StatusOrder& order) {
    return order_change(StatusChange::Release, order);
}
Outcome OrderingCa::revoke(const StatusOrder& order) {
    return order_change(StatusChange::Revoke, order);
}

Result<CertificateStatus> OrderingCa::status(std::string_view serial) {
    OrderBatch batch;
    batch.questions.emplace_back(serial);
    // A question is asked anew each time: its name has the time in it.
    batch.id = "question-" + std::to_string(to_stored(clock_.now())) + "-" + std::string(serial);
    const auto answer = send(std::move(batch));
    if (!answer) {
        return answer.error();
    }
    return answer->standing.size() == 1 ? answer->standing.front()
                                        : unreadable_answer(std::string(serial));
}

Result<CrlInfo> OrderingCa::latest_crl() {
    return Error{ErrorKind::NotFound,
                 "ca.no_crl",
                 "The CRL of a CA elsewhere is in its repository.",
                 {},
                 {}};
}

}  // namespace sealdesk::ca
