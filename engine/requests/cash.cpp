#include "requests/cash.h"

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "officers/officer.h"

namespace sealdesk::requests {
namespace {

using std::chrono::year_month_day;

constexpr std::string_view kDay = R"sql(
    SELECT opening_twd, taken_twd, refunded_twd, counted_twd, deposited_twd, note, closed_by,
           signed_by
    FROM cash_day
    WHERE day = ?
)sql";

constexpr std::string_view kDayBefore = R"sql(
    SELECT day, counted_twd - deposited_twd
    FROM cash_day
    WHERE day < ?
    ORDER BY day DESC
    LIMIT 1
)sql";

constexpr std::string_view kLastCountedDay = R"sql(
    SELECT day
    FROM cash_day
    ORDER BY day DESC
    LIMIT 1
)sql";

constexpr std::string_view kSumOfLists = R"sql(
    SELECT COALESCE(SUM(taken_twd - refunded_twd), 0)
    FROM cash_day
)sql";

constexpr std::string_view kLaterDays = R"sql(
    SELECT COUNT(*)
    FROM cash_day
    WHERE day > ?
)sql";

constexpr std::string_view kInsertDay = R"sql(
    INSERT INTO cash_day (day, opening_twd, taken_twd, refunded_twd, counted_twd, deposited_twd,
                          note, closed_by, closed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kSignDay = R"sql(
    UPDATE cash_day
    SET signed_by = ?, signed_at = ?, document = ?, signature = ?
    WHERE day = ? AND signed_by IS NULL
)sql";

Error cash_error(ErrorKind kind, std::string code, std::string detail, year_month_day day) {
    return {kind, std::move(code), std::move(detail), to_iso_text(day), {}};
}

/// A day of the box: its first moment, and the first of the next.
struct Span {
    Instant from;
    Instant until;
};

Span span_of(year_month_day day) {
    const Instant from = start_of_day_in_taipei(day);
    return {from, from + std::chrono::days(1)};
}

/// The last day before `day` that was counted, and what was left in the box.
struct Before {
    std::string day;  ///< empty: none
    std::int64_t left_twd = 0;
};

Before day_before(store::Tx& tx, year_month_day day) {
    const auto rows = tx.query(kDayBefore, to_iso_text(day));
    return rows.empty() ? Before{} : Before{rows.front().text(0), rows.front().number(1)};
}

/// The first moment after a day as it is stored, "2026-11-27"; of none the beginning.
Instant end_of_stored_day(const std::string& day) {
    if (day.empty()) {
        return {};
    }
    const auto number = [&](std::size_t at, std::size_t length) {
        return static_cast<int>(parse_number(day.substr(at, length)).value());
    };
    return span_of(std::chrono::year{number(0, 4)} /
                   std::chrono::month{static_cast<unsigned>(number(5, 2))} /
                   std::chrono::day{static_cast<unsigned>(number(8, 2))})
        .until;
}

/// Movements between the day that was counted last and this one: a day that nobody counted.
bool has_uncounted_day(store::Tx& tx, const Before& before, Instant until) {
    const Instant from = end_of_stored_day(before.day);
    return fees_taken(tx, from, until).lines + fees_given_back(tx, from, until).lines > 0;
}

Outcome check_amounts(const CashCount& count, year_month_day day) {
    if (count.counted_twd < 0 || count.deposited_twd < 0 || count.opening_twd.value_or(0) < 0) {
        return cash_error(ErrorKind::Invalid, "cash.amount", "Amounts of cash are not negative.",
                          day);
    }
    if (count.deposited_twd > count.counted_twd) {
        return cash_error(ErrorKind::Invalid, "cash.deposit",
                          "More cannot go to the bank than was counted.", day);
    }
    return done();
}

/// Days are closed one after another, none twice, none left out.
Outcome check_order(store::Tx& tx, year_month_day day, const Before& before,
                    const CashCount& count) {
    if (std::chrono::sys_days{day} > std::chrono::sys_days{day_in_taipei(tx.now())}) {
        return cash_error(ErrorKind::Refused, "cash.not_yet", "This day has not come yet.", day);
    }
    if (tx.query(kLaterDays, to_iso_text(day)).at(0).number(0) > 0) {
        return cash_error(ErrorKind::Refused, "cash.later_day_closed",
                          "A later day was counted already; its opening would be wrong.", day);
    }
    if (has_uncounted_day(tx, before, span_of(day).from)) {
        return cash_error(ErrorKind::Refused, "cash.earlier_day_open",
                          "Cash moved on an earlier day that nobody has counted; close that first.",
                          day);
    }
    if (count.opening_twd && !before.day.empty()) {
        return cash_error(ErrorKind::Refused, "cash.opening",
                          "Only the first day names its opening; then it is what was left.", day);
    }
    return done();
}

Result<CashDay> close_in(store::Tx& tx, year_month_day day, const CashCount& count,
                         const std::string& by) {
    lock_cash(tx);
    const Outcome open = is_box_open(tx, day);
    if (!open) {
        return open.error();
    }
    const Before before = day_before(tx, day);
    const Outcome order = check_order(tx, day, before, count);
    if (!order) {
        return order.error();
    }
    CashDay list = cash_day(tx, day);
    list.opening_twd = count.opening_twd.value_or(before.left_twd);
    list.counted_twd = count.counted_twd;
    list.deposited_twd = count.deposited_twd;
    list.note = count.note;
    list.closed_by = by;
    if (list.difference_twd() != 0 && trim(count.note).empty()) {
        return cash_error(ErrorKind::Invalid, "cash.no_note",
                          "The box holds " + std::to_string(list.difference_twd()) +
                              " more (or, below 0, less) than expected; count again, or say why "
                              "with --note.",
                          day);
    }
    tx.execute(kInsertDay, to_iso_text(day), list.opening_twd, list.taken_twd, list.refunded_twd,
               count.counted_twd, count.deposited_twd, count.note, by, tx.now());
    audit::append(tx, {"cash.closed",
                       officers::actor_of(by),
                       "cash:" + to_iso_text(day),
                       {{"expected_twd", list.expected_twd()},
                        {"counted_twd", count.counted_twd},
                        {"deposited_twd", count.deposited_twd}}});
    return list;
}

/// Canonical: keys sorted, no blanks.
std::string document_of(const CashDay& list, const std::string& officer,
                        const std::string& certificate, Instant at) {
    nlohmann::json moves = nlohmann::json::array();
    for (const CashMove& move : list.moves) {
        moves.push_back({{"at", to_utc_text(move.at)},
                         {"receipt", move.receipt_number},
                         {"item", move.item},
                         {"amount_twd", move.amount_twd},
                         {"by", move.by}});
    }
    return nlohmann::json{{"schema", "sealdesk-cash-1"},
                          {"day", to_iso_text(list.day)},
                          {"opening_twd", list.opening_twd},
                          {"taken_twd", list.taken_twd},
                          {"refunded_twd", list.refunded_twd},
                          {"counted_twd", *list.counted_twd},
                          {"deposited_twd", list.deposited_twd},
                          {"difference_twd", list.difference_twd()},
                          {"note", list.note},
                          {"closed_by", list.closed_by},
                          {"moves", moves},
                          {"officer", officer},
                          {"certificate_sha256", certificate},
                          {"at", to_utc_text(at)}}
        .dump();
}

/// The list that may be signed by `officer`: counted, by somebody else, and still what it was.
Result<CashDay> list_to_sign(store::Tx& tx, year_month_day day, const std::string& officer) {
    CashDay list = cash_day(tx, day);
    if (!list.counted_twd) {
        return cash_error(ErrorKind::Refused, "cash.not_closed", "Nobody has counted this day yet.",
                          day);
    }
    if (!list.signed_by.empty()) {
        return cash_error(ErrorKind::Conflict, "cash.signed", "This day was signed off before.",
                          day);
    }
    if (list.closed_by == officer) {
        return cash_error(ErrorKind::Refused, "cash.same_person",
                          "You counted this day; a second person signs it off.", day);
    }
    std::int64_t moved = 0;
    for (const CashMove& move : list.moves) {
        moved += move.amount_twd;
    }
    if (moved != list.taken_twd - list.refunded_twd) {
        return cash_error(ErrorKind::Internal, "cash.changed",
                          "The day's movements are not those that were counted; call the auditor.",
                          day);
    }
    return list;
}

/// A line whose last two cells are an amount, which is a number whatever its sign, and a name.
std::string csv_line(const std::vector<std::string>& texts, const std::string& amount,
                     const std::string& by) {
    std::string line;
    for (const std::string& text : texts) {
        line += to_csv_cell(text) + ",";
    }
    return line + amount + "," + to_csv_cell(by) + "\r\n";
}

}  // namespace

CashDay cash_day(store::Tx& tx, year_month_day day) {
    const Span span = span_of(day);
    CashDay list{.day = day, .moves = cash_moves(tx, span.from, span.until)};
    const auto rows = tx.query(kDay, to_iso_text(day));
    if (rows.empty()) {
        list.opening_twd = day_before(tx, day).left_twd;
        list.taken_twd = fees_taken(tx, span.from, span.until).amount_twd;
        list.refunded_twd = fees_given_back(tx, span.from, span.until).amount_twd;
        return list;
    }
    const store::Row& row = rows.front();
    list.opening_twd = row.number(0);
    list.taken_twd = row.number(1);
    list.refunded_twd = row.number(2);
    list.counted_twd = row.number(3);
    list.deposited_twd = row.number(4);
    list.note = row.text(5);
    list.closed_by = row.text(6);
    list.signed_by = row.text_or_null(7).value_or("");
    return list;
}

CashLedger cash_ledger(store::Tx& tx, Instant until) {
    const auto moved = [&](Instant from) {
        return fees_taken(tx, from, until).amount_twd - fees_given_back(tx, from, until).amount_twd;
    };
    const auto last = tx.query(kLastCountedDay);
    return {moved({}), tx.query(kSumOfLists).front().number(0),
            moved(end_of_stored_day(last.empty() ? "" : last.front().text(0)))};
}

Outcome is_box_open(store::Tx& tx, year_month_day day) {
    if (tx.query(kDay, to_iso_text(day)).empty()) {
        return done();
    }
    return cash_error(ErrorKind::Refused, "cash.day_closed",
                      "The cash box of this day was counted and closed; take it tomorrow.", day);
}

Result<CashDay> close_cash_day(const Office& office, year_month_day day, const CashCount& count,
                               const std::string& by) {
    const Outcome amounts = check_amounts(count, day);
    if (!amounts) {
        return amounts.error();
    }
    return store::transact(office.database, "cash.close",
                           [&](store::Tx& tx) { return close_in(tx, day, count, by); });
}

Result<CashDay> sign_cash_day(const Office& office, year_month_day day, const std::string& officer,
                              officers::OfficerKey& key) {
    auto list = store::transact(office.database, "cash.read",
                                [&](store::Tx& tx) { return list_to_sign(tx, day, officer); });
    if (!list) {
        return list;
    }
    const Instant at = office.database.clock().now();
    const std::string document = document_of(*list, officer, key.certificate().fingerprint(), at);
    const auto signature = key.sign(document, at);
    if (!signature) {
        return signature.error();
    }
    return store::transact(office.database, "cash.sign", [&](store::Tx& tx) -> Result<CashDay> {
        auto still = list_to_sign(tx, day, officer);
        if (!still) {
            return still;
        }
        if (tx.execute(kSignDay, officer, tx.now(), document, store::Blob{*signature},
                       to_iso_text(day)) == 0) {
            return cash_error(ErrorKind::Conflict, "cash.signed", "This day was signed off before.",
                              day);
        }
        audit::append(tx, {"cash.signed",
                           officers::actor_of(officer),
                           "cash:" + to_iso_text(day),
                           {{"document_sha256", sha256_hex(document)},
                            {"signature_sha256", sha256_hex(*signature)}}});
        CashDay signed_list = *still;
        signed_list.signed_by = officer;
        return signed_list;
    });
}

std::string to_csv(const CashDay& day) {
    std::string csv = "\xEF\xBB\xBF" + csv_line({"時間 time", "收據號碼 receipt", "憑證 scheme",
                                                 "項目 item", "數量 pieces"},
                                                "金額 NT$", "經手人 by");
    for (const CashMove& move : day.moves) {
        csv += csv_line({to_taipei_text(move.at), move.receipt_number, move.scheme, move.item,
                         std::to_string(move.pieces)},
                        std::to_string(move.amount_twd), move.by);
    }
    const std::pair<const char*, std::int64_t> sums[] = {
        {"期初 opening", day.opening_twd},
        {"收入 taken", day.taken_twd},
        {"退費 refunded", day.refunded_twd},
        {"應有 expected", day.expected_twd()},
        {"實點 counted", day.counted_twd.value_or(0)},
        {"差額 difference", day.difference_twd()},
        {"解繳 deposited", day.deposited_twd}};
    for (const auto& [label, twd] : sums) {
        csv += csv_line({label, "", "", "", ""}, std::to_string(twd), "");
    }
    return csv + csv_line({"說明 note", day.note, "", "", ""}, "", day.closed_by);
}

}  // namespace sealdesk::requests
