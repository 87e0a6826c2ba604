#include "ca/ocsp_store.h"

#include "store/bulk.h"

namespace sealdesk::ca {
namespace {

constexpr std::string_view kFindSubject = R"sql(
    SELECT c.serial, c.profile, c.subscriber, c.state, c.since, c.reason, c.not_before,
           c.not_after, c.id, c.version, r.version, r.this_update, r.next_update, r.response
    FROM ca_certificate c
    LEFT JOIN ca_ocsp_response r ON r.certificate_id = c.id AND r.hash = ?
    WHERE c.serial = ? AND c.issuer = ? AND c.state <> 'signing'
)sql";

constexpr std::string_view kSubjectsAfter = R"sql(
    SELECT c.serial, c.profile, c.subscriber, c.state, c.since, c.reason, c.not_before,
           c.not_after, c.id, c.version, r.version, r.this_update, r.next_update
    FROM ca_certificate c
    LEFT JOIN ca_ocsp_response r ON r.certificate_id = c.id AND r.hash = ?
    WHERE c.issuer = ? AND c.id > ? AND c.state <> 'signing' AND c.not_after >= ?
    ORDER BY c.id
    LIMIT ?
)sql";

constexpr std::string_view kDeleteAnswer = R"sql(
    DELETE FROM ca_ocsp_response
    WHERE certificate_id = ? AND hash = ?
)sql";

constexpr std::string_view kInsertAnswer = R"sql(
    INSERT INTO ca_ocsp_response (certificate_id, hash, version, this_update, next_update,
                                  response)
    VALUES (?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kAnswersOver = R"sql(
    SELECT r.certificate_id
    FROM ca_ocsp_response r
    JOIN ca_certificate c ON c.id = r.certificate_id
    WHERE c.not_after < ?
    ORDER BY r.certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kDeleteAnswers = R"sql(
    DELETE FROM ca_ocsp_response
    WHERE certificate_id IN )sql";

OcspSubject to_subject(const store::Row& row, bool with_bytes) {
    OcspSubject subject{to_stored_status(row), std::nullopt};
    if (!row.is_null(10)) {
        subject.answer = SignedAnswer{row.number(10), row.instant(11), row.instant(12),
                                      with_bytes ? row.bytes(13) : std::string()};
    }
    return subject;
}

}  // namespace

std::optional<OcspSubject> find_ocsp_subject(store::Tx& tx, std::string_view issuer,
                                             std::string_view serial, IssuerHash hash) {
    const auto rows = tx.query(kFindSubject, to_text(hash), serial, issuer);
    return rows.empty() ? std::nullopt : std::optional(to_subject(rows[0], true));
}

std::vector<OcspSubject> ocsp_subjects_after(store::Tx& tx, std::string_view issuer,
                                             IssuerHash hash, std::int64_t after,
                                             std::int64_t limit) {
    std::vector<OcspSubject> found;
    for (const store::Row& row :
         tx.query(kSubjectsAfter, to_text(hash), issuer, after, tx.now(), limit)) {
        found.push_back(to_subject(row, false));
    }
    return found;
}

void save_answer(store::Tx& tx, std::int64_t certificate_id, IssuerHash hash,
                 const SignedAnswer& answer) {
    tx.execute(kDeleteAnswer, certificate_id, to_text(hash));
    tx.execute(kInsertAnswer, certificate_id, to_text(hash), answer.version, answer.this_update,
               answer.next_update, store::Blob{answer.der});
}

std::int64_t forget_answers(store::Tx& tx, Instant before, std::int64_t limit) {
    std::vector<store::Value> ids;
    for (const store::Row& row : tx.query(kAnswersOver, before, limit)) {
        ids.emplace_back(row.number(0));
    }
    if (ids.empty()) {
        return 0;
    }
    return tx.execute_list(std::string(kDeleteAnswers) + store::placeholders(ids.size()), ids);
}

}  // namespace sealdesk::ca
