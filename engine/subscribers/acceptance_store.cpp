#include "base/numbering.h"
#include "store/counters.h"
#include "subscribers/acceptance.h"
#include "subscribers/repository.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kAcceptedAt = R"sql(
    SELECT accepted_at
    FROM certificate_acceptance
    WHERE certificate_id = ?
)sql";

constexpr std::string_view kAccept = R"sql(
    INSERT INTO certificate_acceptance (certificate_id, accepted_by, accepted_at)
    VALUES (?, ?, ?)
)sql";

constexpr std::string_view kSubjectNumber = R"sql(
    SELECT number
    FROM subject_number
    WHERE subscriber_id = ?
)sql";

constexpr std::string_view kInsertSubjectNumber = R"sql(
    INSERT INTO subject_number (subscriber_id, number)
    VALUES (?, ?)
)sql";

/// Keeps these numbers apart from unified business numbers, which have eight digits.
constexpr std::string_view kSubjectNumberPrefix = "0";

}  // namespace

bool accept_certificate(store::Tx& tx, CertificateId certificate, std::string_view by) {
    if (accepted_at(tx, certificate)) {
        return false;
    }
    tx.execute(kAccept, certificate.value(), by, tx.now());
    enqueue_publication(tx, certificate);
    return true;
}

std::optional<Instant> accepted_at(store::Tx& tx, CertificateId certificate) {
    const auto rows = tx.query(kAcceptedAt, certificate.value());
    return rows.empty() ? std::nullopt : std::optional(rows.front().instant(0));
}

std::string subject_number(store::Tx& tx, SubscriberId subscriber) {
    const auto rows = tx.query(kSubjectNumber, subscriber.value());
    if (!rows.empty()) {
        return rows.front().text(0);
    }
    std::string number =
        make_account_name(kSubjectNumberPrefix, store::take_numbers(tx, "subject", 1));
    tx.execute(kInsertSubjectNumber, subscriber.value(), number);
    return number;
}

}  // namespace sealdesk::subscribers
