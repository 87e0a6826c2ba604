#include "scan/page_store.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "store/bulk.h"
#include "store/counters.h"

namespace sealdesk::scan {
namespace {

using nlohmann::json;

constexpr std::string_view kInsertPage = R"sql(
    INSERT INTO scan_page
        (id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
         form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
         settled_by, settled_at, note, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
)sql";

constexpr std::string_view kPageByPlace = R"sql(
    SELECT id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
           form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
           settled_by, settled_at, note, version
    FROM scan_page
    WHERE file_sha256 = ? AND page = ?
)sql";

constexpr std::string_view kPageByNumber = R"sql(
    SELECT id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
           form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
           settled_by, settled_at, note, version
    FROM scan_page
    WHERE number = ?
)sql";

constexpr std::string_view kPagesByState = R"sql(
    SELECT id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
           form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
           settled_by, settled_at, note, version
    FROM scan_page
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kPagesOfRequest = R"sql(
    SELECT id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
           form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
           settled_by, settled_at, note, version
    FROM scan_page
    WHERE request_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kPagesOfRecords = R"sql(
    SELECT id, number, file_sha256, page, file_name, picture_sha, state, reasons, scheme, form,
           form_version, form_page, record_number, reading, request_id, scanned_by, scanned_at,
           settled_by, settled_at, note, version
    FROM scan_page
    WHERE state <> 'dismissed' AND scheme = ? AND form = ? AND record_number IN )sql";

constexpr std::string_view kAnyPage = R"sql(
    SELECT id FROM scan_page ORDER BY id LIMIT 1
)sql";

constexpr std::string_view kSavePage = R"sql(
    UPDATE scan_page
    SET state = ?, reasons = ?, scheme = ?, form = ?, form_version = ?, form_page = ?,
        record_number = ?, reading = ?, request_id = ?, settled_by = ?, settled_at = ?, note = ?,
        version = version + 1
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kCountPages = R"sql(
    SELECT state, COUNT(id) FROM scan_page GROUP BY state
)sql";

constexpr char kPagePrefix = 'P';
constexpr std::string_view kPageSeries = "scan_page";

PageState state_named(const std::string& name) {
    for (const PageState state : {PageState::Open, PageState::Filed, PageState::Dismissed}) {
        if (name == name_of(state)) {
            return state;
        }
    }
    throw_internal("scan.unknown_state", "a stored page is in an unknown state");
}

ScanPage page_from(const store::Row& row) {
    ScanPage page;
    page.id = row.number(0);
    page.number = row.text(1);
    page.file_sha256 = row.text(2);
    page.page = int(row.number(3));
    page.file_name = row.text(4);
    page.picture_sha = row.text(5);
    page.state = state_named(row.text(6));
    page.doubts = doubts_from(row.text(7));
    page.scheme = row.text(8);
    page.form = row.text(9);
    page.form_version = row.text(10);
    page.form_page = int(row.number(11));
    page.record = row.text(12);
    page.reading = row.text(13);
    const auto request = row.number_or_null(14);
    page.request = request ? std::optional(RequestId(*request)) : std::nullopt;
    page.scanned_by = row.text(15);
    page.scanned_at = row.instant(16);
    page.settled_by = row.text(17);
    page.settled_at = row.instant_or_null(18);
    page.note = row.text(19);
    page.version = row.number(20);
    return page;
}

std::vector<ScanPage> pages_from(const std::vector<store::Row>& rows) {
    std::vector<ScanPage> pages;
    pages.reserve(rows.size());
    for (const store::Row& row : rows) {
        pages.push_back(page_from(row));
    }
    return pages;
}

std::optional<std::int64_t> id_of(const ScanPage& page) {
    return page.request ? std::optional(page.request->value()) : std::nullopt;
}

json to_json(const Outline& outline) {
    json list = json::array();
    for (const auto& [x, y] : outline) {
        list.push_back(std::lround(x));
        list.push_back(std::lround(y));
    }
    return list;
}

Outline outline_from(const json& list) {
    Outline outline;
    for (std::size_t i = 0; i < outline.size(); ++i) {
        outline[i] = {list.at(2 * i).get<double>(), list.at(2 * i + 1).get<double>()};
    }
    return outline;
}

Mark mark_named(const std::string& name) {
    for (const Mark mark : {Mark::Empty, Mark::Ticked}) {
        if (name == name_of(mark)) {
            return mark;
        }
    }
    return Mark::Unsure;
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

std::string_view name_of(PageState state) {
    switch (state) {
        case PageState::Open: return "open";
        case PageState::Filed: return "filed";
        case PageState::Dismissed: return "dismissed";
    }
    SEALDESK_CHECK(false);
}

std::string to_json(const KeptReading& reading) {
    json ticks = json::array();
    for (const Tick& tick : reading.ticks) {
        ticks.push_back({{"field", tick.field},
                         {"value", tick.value},
                         {"mark", name_of(tick.mark)},
                         {"ink", rounded(tick.ink)},
                         {"outline", to_json(tick.outline)}});
    }
    json cuttings = json::array();
    for (const KeptCutting& cutting : reading.cuttings) {
        cuttings.push_back({{"field", cutting.field},
                            {"seal", cutting.is_seal},
                            {"empty", cutting.empty},
                            {"doubtful", cutting.doubtful},
                            {"sha256", cutting.sha256},
                            {"outline", to_json(cutting.outline)}});
    }
    return json{{"turn_deg", rounded(reading.turn_deg)},
                {"dpi", rounded(reading.dpi)},
                {"ticks", ticks},
                {"cuttings", cuttings}}
        .dump();
}

KeptReading reading_from_json(std::string_view text) {
    try {
        const json kept = json::parse(text);
        KeptReading reading;
        reading.turn_deg = kept.value("turn_deg", 0.0);
        reading.dpi = kept.value("dpi", 0.0);
        for (const json& tick : kept.value("ticks", json::array())) {
            reading.ticks.push_back(
                {tick.at("field").get<std::string>(), tick.at("value").get<std::string>(),
                 mark_named(tick.at("mark").get<std::string>()), tick.at("ink").get<double>(),
                 outline_from(tick.at("outline"))});
        }
        for (const json& cutting : kept.value("cuttings", json::array())) {
            reading.cuttings.push_back(
                {cutting.at("field").get<std::string>(), cutting.at("seal").get<bool>(),
                 cutting.at("empty").get<bool>(), cutting.at("doubtful").get<bool>(),
                 cutting.at("sha256").get<std::string>(), outline_from(cutting.at("outline"))});
        }
        return reading;
    } catch (const json::exception&) {
        throw_internal("scan.bad_reading", "what was read from a page is stored damaged");
    }
}

std::string to_text(const std::vector<Doubt>& doubts) {
    std::string text;
    for (const Doubt doubt : doubts) {
        text += (text.empty() ? "" : ",") + std::string(name_of(doubt));
    }
    return text;
}

std::vector<Doubt> doubts_from(std::string_view text) {
    std::vector<Doubt> doubts;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        if (const auto doubt = doubt_named(text.substr(0, comma))) {
            doubts.push_back(*doubt);
        }
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return doubts;
}

void insert_page(store::Tx& tx, ScanPage& page) {
    page.id = tx.new_id();
    page.scanned_at = tx.now();
    page.number = store::take_number(tx, kPagePrefix, kPageSeries);
    tx.execute(kInsertPage, page.id, page.number, page.file_sha256, std::int64_t(page.page),
               page.file_name, page.picture_sha, name_of(page.state), to_text(page.doubts),
               page.scheme, page.form, page.form_version, std::int64_t(page.form_page), page.record,
               page.reading, id_of(page), page.scanned_by, page.scanned_at, page.settled_by,
               page.settled_at, page.note);
}

std::optional<ScanPage> find_page(store::Tx& tx, std::string_view file_sha256, int page) {
    const auto rows = tx.query(kPageByPlace, file_sha256, std::int64_t(page));
    return rows.empty() ? std::nullopt : std::optional(page_from(rows.front()));
}

Result<ScanPage> find_page(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kPageByNumber, number);
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "scan.unknown_page",
                     "There is no such page; `sealdesk scan list` shows those that are open.",
                     std::string(number),
                     {}};
    }
    return page_from(rows.front());
}

std::vector<ScanPage> list_pages(store::Tx& tx, PageState state, std::int64_t after_id, int limit) {
    return pages_from(tx.query(kPagesByState, name_of(state), after_id, std::int64_t(limit)));
}

std::vector<ScanPage> pages_of(store::Tx& tx, RequestId request) {
    return pages_from(tx.query(kPagesOfRequest, request.value()));
}

std::vector<ScanPage> pages_of_records(store::Tx& tx, std::string_view scheme,
                                       std::string_view form,
                                       std::span<const std::string> records) {
    if (records.empty()) {
        return {};
    }
    std::vector<store::Value> args{store::Value(std::string(scheme)),
                                   store::Value(std::string(form))};
    args.insert(args.end(), records.begin(), records.end());
    const std::string sql =
        std::string(kPagesOfRecords) + store::placeholders(records.size()) + " ORDER BY id";
    return pages_from(tx.query_list(sql, args));
}

bool has_pages(store::Tx& tx) { return !tx.query(kAnyPage).empty(); }

bool save_page(store::Tx& tx, const ScanPage& page) {
    return tx.execute(kSavePage, name_of(page.state), to_text(page.doubts), page.scheme, page.form,
                      page.form_version, std::int64_t(page.form_page), page.record, page.reading,
                      id_of(page), page.settled_by, page.settled_at, page.note, page.id,
                      page.version) == 1;
}

std::int64_t pages_numbered(store::Tx& tx) { return store::numbers_taken(tx, kPageSeries); }

std::map<std::string, std::int64_t> count_pages(store::Tx& tx) {
    std::map<std::string, std::int64_t> counts;
    for (const store::Row& row : tx.query(kCountPages)) {
        counts.emplace(row.text(0), row.number(1));
    }
    return counts;
}

}  // namespace sealdesk::scan
