#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "mail/outbox.h"
#include "mail/outbox_events.h"

namespace sealdesk::mail {
namespace {

constexpr std::string_view kFindSuppression = R"(
    SELECT address
    FROM mail_suppression
    WHERE address = ?)";

constexpr std::string_view kInsertSuppression = R"(
    INSERT INTO mail_suppression (address, reason, mail_id, since)
    VALUES (?, ?, ?, ?))";

constexpr std::string_view kListSuppressions = R"(
    SELECT address, reason, mail_id, since
    FROM mail_suppression
    WHERE address > ?
    ORDER BY address
    LIMIT ?)";

constexpr std::string_view kDeleteSuppression = R"(
    DELETE FROM mail_suppression
    WHERE address = ?)";

/// Digits of the address' digest in an audit event: enough to find it again when one has it.
constexpr std::size_t kAddressDigits = 16;

}  // namespace

// Local parts are case-sensitive by the letter of RFC 5321 §2.4 and by no server's practice; a
// refused mailbox stays refused however it is keyed.
bool is_suppressed(store::Tx& tx, std::string_view address) {
    return !tx.query(kFindSuppression, to_lower_ascii(address)).empty();
}

void suppress(store::Tx& tx, std::string_view address, std::string_view reason, MailId learned_by) {
    if (!is_suppressed(tx, address)) {
        tx.execute(kInsertSuppression, to_lower_ascii(address), reason, learned_by.value(),
                   tx.now());
    }
}

std::vector<Suppression> suppressions(store::Tx& tx, std::string_view after, int count_max) {
    std::vector<Suppression> found;
    for (const auto& row : tx.query(kListSuppressions, after, count_max)) {
        found.push_back(Suppression{.address = row.text(0),
                                    .reason = row.text(1),
                                    .mail = row.number(2),
                                    .since = row.instant(3)});
    }
    return found;
}

Outcome unsuppress(store::Tx& tx, std::string_view address, const ByHand& by) {
    const std::string key = to_lower_ascii(address);
    if (tx.execute(kDeleteSuppression, key) == 0) {
        return Error{ErrorKind::NotFound,
                     "mail.not_suppressed",
                     "Mail to this address is not suppressed.",
                     {},
                     {}};
    }
    audit::append(tx, audit::Event{"mail.unsuppressed",
                                   by.actor,
                                   "address:" + sha256_hex(key).substr(0, kAddressDigits),
                                   {{"reason", by.reason}}});
    return done();
}

}  // namespace sealdesk::mail
