#include "jobs/day_book.h"

#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "requests/cash.h"

namespace sealdesk::jobs {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "sealdesk-day-1";

/// The names of the counts in documents.
constexpr std::pair<const char*, std::int64_t DayCounts::*> kCounts[] = {
    {"accepted", &DayCounts::accepted},   {"refused", &DayCounts::refused},
    {"duplicate", &DayCounts::duplicate}, {"files_refused", &DayCounts::files_refused},
    {"mails_in", &DayCounts::mails_in},   {"mails_sent", &DayCounts::mails_sent},
    {"fee_lines", &DayCounts::fee_lines}, {"fees_twd", &DayCounts::fees_twd},
    {"taken_twd", &DayCounts::taken_twd}};

std::optional<DayBook::Cash> cash_of(store::Tx& tx, std::chrono::year_month_day day) {
    const requests::CashDay list = requests::cash_day(tx, day);
    if (list.moves.empty() && !list.counted_twd) {
        return std::nullopt;
    }
    return DayBook::Cash{list.expected_twd(), list.counted_twd, list.signed_by};
}

json ledgers_json(const std::vector<Ledger>& ledgers) {
    json list = json::array();
    for (const Ledger& one : ledgers) {
        list.push_back({{"name", one.name},
                        {"in", one.in},
                        {"out", one.out},
                        {"open", one.open},
                        {"difference", one.difference()}});
    }
    return list;
}

json cash_json(const std::optional<DayBook::Cash>& cash) {
    if (!cash) {
        return nullptr;
    }
    return {{"expected_twd", cash->expected_twd},
            {"counted_twd", cash->counted_twd ? json(*cash->counted_twd) : json()},
            {"signed_by", cash->signed_by}};
}

DayBook read_book(const json& read) {
    DayBook book;
    book.number = read.at("number").get<std::int64_t>();
    book.day = read.at("day").get<std::string>();
    book.previous = read.at("previous").get<std::string>();
    book.at = read.at("at").get<std::string>();
    book.chain = {read.at("chain").at("sequence").get<std::int64_t>(),
                  read.at("chain").at("hash").get<std::string>()};
    for (const auto& [name, count] : kCounts) {
        book.counts.*count = read.at("counts").at(name).get<std::int64_t>();
    }
    for (const json& one : read.at("ledgers")) {
        book.ledgers.push_back({one.at("name").get<std::string>(), one.at("in").get<std::int64_t>(),
                                one.at("out").get<std::int64_t>(),
                                one.at("open").get<std::int64_t>()});
    }
    for (const json& one : read.at("disagreements")) {
        book.disagreements.push_back(
            {{one.at("figure").get<std::string>(), one.at("scheme").get<std::string>(),
              one.at("kind").get<std::string>(), "", one.at("reason").get<std::string>()},
             one.at("log").get<std::int64_t>(),
             one.at("records").get<std::int64_t>()});
    }
    for (const json& one : read.at("crls")) {
        book.crls.push_back({one.at("authority").get<std::string>(),
                             one.at("number").get<std::int64_t>(), one.at("in_time").get<bool>()});
    }
    const json& cash = read.at("cash");
    if (!cash.is_null()) {
        book.cash = DayBook::Cash{cash.at("expected_twd").get<std::int64_t>(), std::nullopt,
                                  cash.at("signed_by").get<std::string>()};
        if (!cash.at("counted_twd").is_null()) {
            book.cash->counted_twd = cash.at("counted_twd").get<std::int64_t>();
        }
    }
    return book;
}

void add_cash_alarms(const DayBook& book, std::vector<Bilingual>& alarms) {
    if (!book.cash) {
        return;
    }
    if (!book.cash->counted_twd) {
        alarms.push_back(
            {"現金尚未清點（fee close-day）", "Nobody has counted the cash box (fee close-day)"});
        return;
    }
    const auto difference = *book.cash->counted_twd - book.cash->expected_twd;
    if (difference != 0) {
        alarms.push_back({"現金差額 " + std::to_string(difference) + " 元",
                          "The cash box differs by NT$" + std::to_string(difference)});
    }
    if (book.cash->signed_by.empty()) {
        alarms.push_back({"現金日結尚未覆核（fee sign-day）",
                          "Nobody has signed the cash day off (fee sign-day)"});
    }
}

}  // namespace

std::int64_t DayBook::difference() const {
    std::int64_t sum = 0;
    for (const Ledger& one : ledgers) {
        sum += std::abs(one.difference());
    }
    for (const Disagreement& one : disagreements) {
        sum += std::abs(one.from_log - one.from_records);
    }
    return sum;
}

DayBook read_day(store::Tx& tx, std::chrono::year_month_day day,
                 const std::vector<scheme::Scheme>& schemes, std::span<const CrlPlace> crls) {
    DayReport report = report_whole_day(tx, day, schemes, crls);
    DayBook book;
    book.day = to_iso_text(day);
    book.at = to_utc_text(tx.now());
    book.chain = audit::end_of_chain(tx);
    book.counts = report.counts;
    book.ledgers = std::move(report.ledgers);
    book.disagreements = std::move(report.disagreements);
    for (const CrlStanding& one : report.crls) {
        book.crls.push_back({one.authority, one.crl ? one.crl->number : 0, one.in_time});
    }
    book.cash = cash_of(tx, day);
    return book;
}

std::string to_document(const DayBook& book) {
    json counts = json::object();
    for (const auto& [name, count] : kCounts) {
        counts[name] = book.counts.*count;
    }
    json crls = json::array();
    for (const DayBook::Crl& one : book.crls) {
        crls.push_back(
            {{"authority", one.authority}, {"number", one.number}, {"in_time", one.in_time}});
    }
    return json{{"schema", kSchema},
                {"number", book.number},
                {"day", book.day},
                {"previous", book.previous},
                {"at", book.at},
                {"chain", {{"sequence", book.chain.sequence}, {"hash", book.chain.hash}}},
                {"counts", counts},
                {"ledgers", ledgers_json(book.ledgers)},
                {"disagreements", disagreements_json(book.disagreements)},
                {"difference", book.difference()},
                {"crls", crls},
                {"cash", cash_json(book.cash)}}
        .dump();
}

std::optional<DayBook> parse_day_book(std::string_view document) {
    try {
        const json read = json::parse(document);
        if (read.at("schema") != kSchema) {
            return std::nullopt;
        }
        DayBook book = read_book(read);
        return to_document(book) == document ? std::optional(std::move(book)) : std::nullopt;
    } catch (const json::exception&) {  // somebody else's text
        return std::nullopt;
    }
}

std::vector<Bilingual> alarms_of(const DayBook& book) {
    std::vector<Bilingual> alarms;
    for (const Ledger& one : book.ledgers) {
        if (one.difference() != 0) {
            const std::string by = std::to_string(one.difference());
            alarms.push_back({"帳目不平：" + one.name + "，差額 " + by,
                              "Ledger " + one.name + " does not close: difference " + by});
        }
    }
    for (const Disagreement& one : book.disagreements) {
        const std::string numbers = one.key.name + " " + one.key.scheme + " " + one.key.kind + " " +
                                    std::to_string(one.from_log) + "≠" +
                                    std::to_string(one.from_records);
        alarms.push_back(
            {"稽核紀錄與資料不符：" + numbers, "Log and records disagree: " + numbers});
    }
    for (const DayBook::Crl& one : book.crls) {
        if (!one.in_time) {
            alarms.push_back(
                {"廢止清冊逾一個工作日未公布：" + one.authority + "（M 2.6.2）",
                 "CRL not published within a working day: " + one.authority + " (M 2.6.2)"});
        }
    }
    add_cash_alarms(book, alarms);
    return alarms;
}

}  // namespace sealdesk::jobs
