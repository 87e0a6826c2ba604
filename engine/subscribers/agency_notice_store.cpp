#include <array>

#include "audit/log.h"
#include "base/text.h"
#include "store/counters.h"
#include "subscribers/agency_notice.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 3> kNoticeStates{"open", "acknowledged", "overtaken"};
constexpr std::string_view kNoticeSeries = "agency-notice";
constexpr std::size_t kReferenceMax = 190;

constexpr std::string_view kInsertNotice = R"sql(
    INSERT INTO agency_notice (id, number, scheme, serial, order_key, document, state, mails,
                               next_at, opened_at)
    VALUES (?, ?, ?, ?, ?, ?, 'open', 0, ?, ?)
)sql";

constexpr std::string_view kNoticeOfOrder = R"sql(
    SELECT id
    FROM agency_notice
    WHERE order_key = ?
)sql";

constexpr std::string_view kNoticesDue = R"sql(
    SELECT id, number, scheme, serial, document, state, mails, next_at, opened_at, settled_at,
           settled_by, reference
    FROM agency_notice
    WHERE state = 'open' AND next_at <= ?
    ORDER BY next_at, id
    LIMIT ?
)sql";

constexpr std::string_view kNoticeByNumber = R"sql(
    SELECT id, number, scheme, serial, document, state, mails, next_at, opened_at, settled_at,
           settled_by, reference
    FROM agency_notice
    WHERE number = ?
)sql";

constexpr std::string_view kOpenNotices = R"sql(
    SELECT id, number, scheme, serial, document, state, mails, next_at, opened_at, settled_at,
           settled_by, reference
    FROM agency_notice
    WHERE state = 'open' AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kAllNotices = R"sql(
    SELECT id, number, scheme, serial, document, state, mails, next_at, opened_at, settled_at,
           settled_by, reference
    FROM agency_notice
    WHERE id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kLaterNotice = R"sql(
    SELECT id
    FROM agency_notice
    WHERE serial = ? AND (opened_at > ? OR (opened_at = ? AND id > ?))
    LIMIT 1
)sql";

constexpr std::string_view kNoteTelling = R"sql(
    UPDATE agency_notice
    SET mails = mails + 1, next_at = ?
    WHERE id = ? AND state = 'open' AND mails = ?
)sql";

constexpr std::string_view kSettleNotice = R"sql(
    UPDATE agency_notice
    SET state = ?, settled_at = ?, settled_by = ?, reference = ?
    WHERE id = ? AND state = 'open'
)sql";

constexpr std::string_view kCountNotices = R"sql(
    SELECT state, COUNT(*)
    FROM agency_notice
    GROUP BY state
)sql";

NoticeState notice_state_from(const std::string& text) {
    for (std::size_t i = 0; i < kNoticeStates.size(); ++i) {
        if (kNoticeStates.at(i) == text) {
            return static_cast<NoticeState>(i);
        }
    }
    throw_internal("notice.unknown_state", "A stored notice's state is none that there is.");
}

AgencyNotice read_notice(const store::Row& row) {
    return {row.number(0),
            row.text(1),
            row.text(2),
            row.text(3),
            row.text(4),
            notice_state_from(row.text(5)),
            row.number(6),
            row.instant(7),
            row.instant(8),
            row.instant_or_null(9),
            row.is_null(10) ? "" : row.text(10),
            row.is_null(11) ? "" : row.text(11)};
}

std::vector<AgencyNotice> read_notices(const std::vector<store::Row>& rows) {
    std::vector<AgencyNotice> notices;
    notices.reserve(rows.size());
    for (const store::Row& row : rows) {
        notices.push_back(read_notice(row));
    }
    return notices;
}

bool settle_notice(store::Tx& tx, const AgencyNotice& notice, NoticeState state,
                   std::string_view by, std::string_view reference) {
    return tx.execute(kSettleNotice, to_text(state), tx.now(), by, reference, notice.id) == 1;
}

}  // namespace

std::string_view to_text(NoticeState state) {
    return kNoticeStates.at(static_cast<std::size_t>(state));
}

void open_notice(store::Tx& tx, const NewNotice& notice,
                 const std::function<std::string(const std::string& number)>& document) {
    if (!tx.query(kNoticeOfOrder, notice.order_key).empty()) {
        return;
    }
    const std::string number = store::take_number(tx, 'N', kNoticeSeries);
    tx.execute(kInsertNotice, tx.new_id(), number, notice.scheme, notice.serial, notice.order_key,
               document(number), tx.now(), tx.now());
}

std::vector<AgencyNotice> notices_due(store::Tx& tx, int limit) {
    return read_notices(tx.query(kNoticesDue, tx.now(), limit));
}

bool is_overtaken(store::Tx& tx, const AgencyNotice& notice) {
    return !tx.query(kLaterNotice, notice.serial, notice.opened_at, notice.opened_at, notice.id)
                .empty();
}

bool note_telling(store::Tx& tx, const AgencyNotice& notice) {
    return tx.execute(kNoteTelling, tx.now() + kNoticeRepeat, notice.id, notice.mails) == 1;
}

bool end_overtaken(store::Tx& tx, const AgencyNotice& notice) {
    return settle_notice(tx, notice, NoticeState::Overtaken, "system", "");
}

Result<AgencyNotice> acknowledge_notice(store::Tx& tx, const Acknowledgement& answer) {
    auto notice = find_notice(tx, answer.number);
    if (!notice) {
        return notice;
    }
    const std::string reference = trim(answer.reference);
    if (reference.empty() || to_code_points(reference).size() > kReferenceMax) {
        return Error{ErrorKind::Invalid,
                     "notice.reference",
                     "Say by what the agency's answer is found: 1 to 190 characters.",
                     answer.number,
                     {}};
    }
    if (!settle_notice(tx, *notice, NoticeState::Acknowledged, answer.by, reference)) {
        return Error{ErrorKind::Refused,
                     "notice.settled",
                     "The notice is acknowledged already, or a later one has taken its place.",
                     answer.number,
                     {}};
    }
    audit::append(
        tx, {"agency_notice.acknowledged",
             answer.by,
             "certificate:" + notice->serial,
             {{"scheme", notice->scheme}, {"notice", answer.number}, {"reference", reference}}});
    return find_notice(tx, answer.number);
}

std::vector<AgencyNotice> list_notices(store::Tx& tx, bool open_only, std::int64_t after,
                                       int limit) {
    return read_notices(tx.query(open_only ? kOpenNotices : kAllNotices, after, limit));
}

Result<AgencyNotice> find_notice(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kNoticeByNumber, number);
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "notice.not_found",
                     "There is no notice of this number; `sealdesk notice list`.",
                     std::string(number),
                     {}};
    }
    return read_notice(rows.front());
}

NoticeCounts count_notices(store::Tx& tx) {
    NoticeCounts counts{store::numbers_taken(tx, kNoticeSeries), 0, 0};
    for (const store::Row& row : tx.query(kCountNotices)) {
        (row.text(0) == to_text(NoticeState::Open) ? counts.open : counts.settled) += row.number(1);
    }
    return counts;
}

}  // namespace sealdesk::subscribers
