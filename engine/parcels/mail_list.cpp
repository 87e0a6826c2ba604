#include "parcels/mail_list.h"

#include <algorithm>
#include <array>

#include "audit/log.h"
#include "base/numbering.h"
#include "base/text.h"
#include "store/counters.h"

namespace sealdesk::parcels {
namespace {

constexpr std::string_view kRolls = R"sql(
    SELECT id, pattern, check_rule, first_no, last_no, next_no
    FROM mail_number
    ORDER BY id
)sql";

constexpr std::string_view kOpenRolls = R"sql(
    SELECT id, pattern, check_rule, first_no, last_no, next_no
    FROM mail_number
    WHERE next_no <= last_no
    ORDER BY id
)sql";

constexpr std::string_view kInsertRoll = R"sql(
    INSERT INTO mail_number (id, pattern, check_rule, first_no, last_no, next_no, actor,
                             received_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kTakeFromRoll = R"sql(
    UPDATE mail_number
    SET next_no = ?
    WHERE id = ? AND next_no = ?
)sql";

constexpr std::string_view kInsertList = R"sql(
    INSERT INTO mail_list (id, number, day, line_count, closed_by, closed_at)
    VALUES (?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kInsertLine = R"sql(
    INSERT INTO mail_list_line (id, list_id, line_no, kind, item, tracking, recipient_name,
                                postal_code, address, off_list)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
)sql";

constexpr std::string_view kListByNumber = R"sql(
    SELECT id, number, day, line_count, closed_by, closed_at, posted_by, posted_at
    FROM mail_list
    WHERE number = ?
)sql";

constexpr std::string_view kListsOfDay = R"sql(
    SELECT id, number, day, line_count, closed_by, closed_at, posted_by, posted_at
    FROM mail_list
    WHERE day = ?
    ORDER BY id
)sql";

constexpr std::string_view kNewestLists = R"sql(
    SELECT id, number, day, line_count, closed_by, closed_at, posted_by, posted_at
    FROM mail_list
    ORDER BY id DESC
    LIMIT 500
)sql";

constexpr std::string_view kLinesOfList = R"sql(
    SELECT kind, item, recipient_name, postal_code, address, tracking, off_list
    FROM mail_list_line
    WHERE list_id = ?
    ORDER BY line_no
)sql";

constexpr std::string_view kLineOfItem = R"sql(
    SELECT id
    FROM mail_list_line
    WHERE kind = ? AND item = ? AND off_list = 0
)sql";

constexpr std::string_view kLeaveOut = R"sql(
    UPDATE mail_list_line
    SET off_list = id
    WHERE list_id = ? AND item = ? AND off_list = 0
)sql";

constexpr std::string_view kPostList = R"sql(
    UPDATE mail_list
    SET posted_by = ?, posted_at = ?
    WHERE id = ? AND posted_at IS NULL
)sql";

constexpr std::array<std::string_view, 2> kMailKinds{"parcel", "slip"};
constexpr std::int64_t kRollMax = 1'000'000;

/// A roll as stored.
struct StoredRoll {
    std::int64_t id;
    NumberSeries series;
    std::int64_t first;
    std::int64_t last;
    std::int64_t next;
};

std::vector<StoredRoll> read_rolls(const std::vector<store::Row>& rows) {
    std::vector<StoredRoll> rolls;
    for (const store::Row& row : rows) {
        const auto check = NumberSeries::check_from(row.text(2));
        const auto series = check ? NumberSeries::parse(row.text(1), *check) : std::nullopt;
        if (!series) {
            throw_internal("post.bad_row", "A stored roll of mail numbers cannot be read.");
        }
        rolls.push_back({row.number(0), *series, row.number(3), row.number(4), row.number(5)});
    }
    return rolls;
}

MailList read_list(const store::Row& row) {
    return {MailListId(row.number(0)),
            row.text(1),
            row.text(2),
            row.number(3),
            row.text(4),
            row.instant(5),
            row.text_or_null(6).value_or(""),
            row.instant_or_null(7)};
}

std::vector<MailList> read_lists(const std::vector<store::Row>& rows) {
    std::vector<MailList> lists;
    lists.reserve(rows.size());
    for (const store::Row& row : rows) {
        lists.push_back(read_list(row));
    }
    return lists;
}

Error mail_error(ErrorKind kind, std::string code, std::string detail, std::string_view where) {
    return {kind, std::move(code), std::move(detail), std::string(where), "T 3.2.6"};
}

/// The next numbers of the rolls, marked as taken.
Result<std::vector<std::string>> take_mail_numbers(store::Tx& tx, std::size_t count) {
    std::vector<std::string> numbers;
    for (const StoredRoll& roll : read_rolls(tx.query(kOpenRolls))) {
        std::int64_t next = roll.next;
        while (next <= roll.last && numbers.size() < count) {
            numbers.push_back(roll.series.number(next++));
        }
        if (next > roll.next && tx.execute(kTakeFromRoll, next, roll.id, roll.next) == 0) {
            return mail_error(ErrorKind::Conflict, "post.changed_meanwhile",
                              "Somebody else closes a list at the same time; try again.", {});
        }
    }
    if (numbers.size() < count) {
        return mail_error(ErrorKind::Refused, "post.numbers_short",
                          "There are " + std::to_string(numbers.size()) +
                              " registered-mail numbers left and " + std::to_string(count) +
                              " are needed; `sealdesk parcel numbers receive` when the post "
                              "has given a roll.",
                          {});
    }
    return numbers;
}

}  // namespace

std::string_view to_text(MailKind kind) { return kMailKinds.at(std::size_t(kind)); }

Outcome receive_mail_numbers(store::Tx& tx, const NumberRoll& roll, std::string_view actor) {
    const auto series = roll.series ? roll.series : NumberSeries::of(roll.first);
    const auto first = series ? series->value_of(roll.first) : std::nullopt;
    const auto last = series ? series->value_of(roll.last) : std::nullopt;
    if (!first || !last || *last < *first || *last - *first >= kRollMax ||
        !is_registered_mail_number(roll.first)) {
        return mail_error(ErrorKind::Invalid, "post.bad_numbers",
                          "First and last number must be of the post's series, with the right "
                          "check digit, the lower one first (setting post.numbers).",
                          roll.first + " – " + roll.last);
    }
    for (const StoredRoll& other : read_rolls(tx.query(kRolls))) {
        if (other.series.pattern() == series->pattern() && *first <= other.last &&
            *last >= other.first) {
            return mail_error(ErrorKind::Refused, "post.numbers_overlap",
                              "Some of these numbers came with another roll.",
                              other.series.number(other.first));
        }
    }
    tx.execute(kInsertRoll, tx.new_id(), series->pattern(), NumberSeries::to_text(series->check()),
               *first, *last, *first, actor, tx.now());
    audit::append(tx, {"mail_numbers.received",
                       std::string(actor),
                       "mail_numbers:" + roll.first,
                       {{"first", roll.first}, {"last", roll.last}}});
    return done();
}

std::vector<RollState> list_mail_numbers(store::Tx& tx) {
    std::vector<RollState> states;
    for (const StoredRoll& roll : read_rolls(tx.query(kRolls))) {
        states.push_back({roll.series.number(roll.first), roll.series.number(roll.last),
                          roll.next > roll.last ? "" : roll.series.number(roll.next),
                          roll.last - roll.next + 1});
    }
    return states;
}

bool is_on_list(store::Tx& tx, MailKind kind, std::string_view item) {
    return !tx.query(kLineOfItem, to_text(kind), item).empty();
}

Result<MailList> close_mail_list(store::Tx& tx, std::vector<MailLine> lines,
                                 std::string_view actor) {
    SEALDESK_CHECK(lines.size() <= std::size_t(kMailLinesMax));
    if (lines.empty()) {
        return mail_error(ErrorKind::Refused, "post.nothing_waits",
                          "Nothing waits for the post that this person may hand over.", {});
    }
    const auto numbers = take_mail_numbers(tx, lines.size());
    if (!numbers) {
        return numbers.error();
    }
    MailList list{.id = MailListId(tx.new_id()),
                  .number = store::take_number(tx, 'M', "mail-list"),
                  .day = to_iso_text(day_in_taipei(tx.now())),
                  .lines = std::int64_t(lines.size()),
                  .closed_by = std::string(actor),
                  .closed_at = tx.now(),
                  .posted_by = {},
                  .posted_at = {}};
    tx.execute(kInsertList, list.id.value(), list.number, list.day, list.lines, list.closed_by,
               list.closed_at);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const MailLine& line = lines[i];
        tx.execute(kInsertLine, tx.new_id(), list.id.value(), std::int64_t(i) + 1,
                   to_text(line.kind), line.item, (*numbers)[i], line.to.name, line.to.postal_code,
                   line.to.address);
    }
    audit::append(
        tx, {"mail_list.closed",
             list.closed_by,
             "mail_list:" + list.number,
             {{"lines", list.lines}, {"first", numbers->front()}, {"last", numbers->back()}}});
    return list;
}

Outcome mark_list_posted(store::Tx& tx, const MailList& list,
                         const std::vector<std::string>& left_out, std::string_view actor) {
    if (tx.execute(kPostList, actor, tx.now(), list.id.value()) == 0) {
        return mail_error(ErrorKind::Refused, "post.list_posted",
                          "The list was handed to the post before.", list.number);
    }
    for (const std::string& item : left_out) {
        tx.execute(kLeaveOut, list.id.value(), item);
    }
    audit::append(tx, {"mail_list.posted",
                       std::string(actor),
                       "mail_list:" + list.number,
                       {{"lines", list.lines}, {"left_out", std::int64_t(left_out.size())}}});
    return done();
}

Result<MailList> find_mail_list(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kListByNumber, number);
    if (rows.empty()) {
        return mail_error(ErrorKind::NotFound, "post.list_unknown",
                          "There is no list of this number; see `sealdesk parcel mail-list`.",
                          number);
    }
    return read_list(rows.front());
}

std::vector<MailLine> lines_of(store::Tx& tx, MailListId list) {
    std::vector<MailLine> lines;
    for (const store::Row& row : tx.query(kLinesOfList, list.value())) {
        lines.push_back({row.text(0) == "slip" ? MailKind::Slip : MailKind::Parcel,
                         row.text(1),
                         {row.text(2), row.text(3), row.text(4)},
                         row.text(5),
                         row.number(6) != 0});
    }
    return lines;
}

std::vector<MailList> list_mail_lists(store::Tx& tx, std::string_view day) {
    if (!day.empty()) {
        return read_lists(tx.query(kListsOfDay, day));
    }
    auto lists = read_lists(tx.query(kNewestLists));
    std::ranges::reverse(lists);
    return lists;
}

}  // namespace sealdesk::parcels
