#include <algorithm>
#include <array>

#include "subscribers/application.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 4> kApplicationKinds{"first", "renewal", "rekey",
                                                            "key_file"};
constexpr std::array<std::string_view, 3> kApplicationStates{"open", "issued", "refused"};

constexpr std::string_view kApplicationByOrder = R"sql(
    SELECT subscriber_id, request_id, kind, profile, order_key, replaces_id, csr, word, applied_by,
           state
    FROM certificate_application
    WHERE order_key = ?
)sql";

constexpr std::string_view kApplicationOpenFor = R"sql(
    SELECT subscriber_id, request_id, kind, profile, order_key, replaces_id, csr, word, applied_by,
           state
    FROM certificate_application
    WHERE subscriber_id = ? AND profile = ? AND open_key = 0
)sql";

constexpr std::string_view kInsertApplication = R"sql(
    INSERT INTO certificate_application (id, subscriber_id, request_id, kind, profile, order_key,
                                         replaces_id, csr, word, state, open_key, refusal,
                                         applied_by, applied_at, closed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, '', ?, ?, NULL)
)sql";

constexpr std::string_view kReopenApplication = R"sql(
    UPDATE certificate_application
    SET state = 'open', open_key = 0, kind = ?, replaces_id = ?, csr = ?, refusal = '',
        closed_at = NULL
    WHERE order_key = ? AND state = 'refused'
)sql";

constexpr std::string_view kReplacement = R"sql(
    SELECT 1
    FROM certificate_application
    WHERE subscriber_id = ? AND replaces_id = ? AND state IN ('open', 'issued')
)sql";

constexpr std::string_view kCloseApplication = R"sql(
    UPDATE certificate_application
    SET state = ?, open_key = id, refusal = ?, closed_at = ?
    WHERE order_key = ? AND state = 'open'
)sql";

template <class Enum, std::size_t N>
Enum word_to(const std::array<std::string_view, N>& words, const std::string& text) {
    const auto* const found = std::ranges::find(words, text);
    SEALDESK_CHECK(found != words.end());  // the table allows no other
    return static_cast<Enum>(found - words.begin());
}

std::optional<CertificateApplication> first_application(const std::vector<store::Row>& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return CertificateApplication{
        SubscriberId(row.number(0)),
        RequestId(row.number(1)),
        word_to<ApplicationKind>(kApplicationKinds, row.text(2)),
        row.text(3),
        row.text(4),
        row.is_null(5) ? std::nullopt : std::optional(CertificateId(row.number(5))),
        row.bytes(6),
        row.is_null(7) ? "" : row.bytes(7),
        row.text(8),
        word_to<ApplicationState>(kApplicationStates, row.text(9))};
}

}  // namespace

std::string_view to_text(ApplicationKind kind) {
    return kApplicationKinds.at(static_cast<std::size_t>(kind));
}

void open_application(store::Tx& tx, const CertificateApplication& fresh) {
    const auto replaces =
        fresh.replaces ? std::optional(fresh.replaces->value()) : std::optional<std::int64_t>();
    if (tx.execute(kReopenApplication, to_text(fresh.kind), replaces, store::Blob{fresh.csr},
                   fresh.order_key) > 0) {
        return;
    }
    const auto word =
        fresh.word.empty() ? std::optional<store::Blob>() : std::optional(store::Blob{fresh.word});
    tx.execute(kInsertApplication, tx.new_id(), fresh.subscriber.value(), fresh.request.value(),
               to_text(fresh.kind), fresh.profile, fresh.order_key, replaces,
               store::Blob{fresh.csr}, word, fresh.by, tx.now());
}

std::optional<CertificateApplication> application_open_for(store::Tx& tx, SubscriberId subscriber,
                                                           std::string_view profile) {
    return first_application(tx.query(kApplicationOpenFor, subscriber.value(), profile));
}

std::optional<CertificateApplication> find_application(store::Tx& tx, std::string_view order_key) {
    return first_application(tx.query(kApplicationByOrder, order_key));
}

bool is_being_replaced(store::Tx& tx, SubscriberId subscriber, CertificateId certificate) {
    return !tx.query(kReplacement, subscriber.value(), certificate.value()).empty();
}

void close_application(store::Tx& tx, std::string_view order_key) {
    tx.execute(kCloseApplication, "issued", "", tx.now(), order_key);
}

void refuse_application(store::Tx& tx, std::string_view order_key, std::string_view code) {
    tx.execute(kCloseApplication, "refused", code, tx.now(), order_key);
}

}  // namespace sealdesk::subscribers
