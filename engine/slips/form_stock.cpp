#include "slips/form_stock.h"

#include <algorithm>
#include <map>

#include "audit/log.h"

namespace sealdesk::slips {
namespace {

constexpr std::string_view kInsertFormStock = R"sql(
    INSERT INTO form_stock (id, stock, kind, pattern, first_no, last_no, quantity, expected, actor,
                            note, at_us)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kFormBoxes = R"sql(
    SELECT id, stock, pattern, first_no, last_no
    FROM form_stock
    WHERE kind = 'received'
    ORDER BY id
)sql";

constexpr std::string_view kFormsUsed = R"sql(
    SELECT stock, kind, COUNT(*)
    FROM form_use
    GROUP BY stock, kind
)sql";

constexpr std::string_view kLastFormCount = R"sql(
    SELECT quantity - expected
    FROM form_stock
    WHERE kind = 'counted' AND stock = ?
    ORDER BY id DESC
    LIMIT 1
)sql";

constexpr std::string_view kLastPrinted = R"sql(
    SELECT MAX(running)
    FROM form_use
    WHERE stock_id = ? AND kind = 'printed'
)sql";

constexpr std::string_view kSpoiledFrom = R"sql(
    SELECT running
    FROM form_use
    WHERE stock_id = ? AND running >= ?
    ORDER BY running
)sql";

constexpr std::string_view kInsertFormUse = R"sql(
    INSERT INTO form_use (id, stock_id, stock, running, kind, batch_id, slip_id, actor, note, at_us)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kFormUseOf = R"sql(
    SELECT id, kind
    FROM form_use
    WHERE stock_id = ? AND running = ?
)sql";

constexpr std::string_view kSpoilForm = R"sql(
    UPDATE form_use
    SET kind = 'spoiled', note = ?, actor = ?
    WHERE id = ? AND kind = 'printed'
)sql";

constexpr std::string_view kSpoilFormsOfSlip = R"sql(
    UPDATE form_use
    SET kind = 'spoiled', note = ?, actor = ?
    WHERE slip_id = ? AND kind = 'printed'
)sql";

constexpr std::string_view kFormsOfSlip = R"sql(
    SELECT form_use.running, form_stock.pattern
    FROM form_use JOIN form_stock ON form_stock.id = form_use.stock_id
    WHERE form_use.slip_id = ?
    ORDER BY form_use.id
)sql";

constexpr std::int64_t kFormsMax = 1'000'000;  // in a box, as for cards
constexpr std::size_t kFormNoteMax = 200;

/// A box as stored.
struct StoredBox {
    std::int64_t id;
    std::string stock;
    NumberSeries series;
    std::int64_t first;
    std::int64_t last;
};

NumberSeries stored_series(const std::string& pattern) {
    const auto series = NumberSeries::parse(pattern, NumberSeries::Check::None);
    if (!series) {
        throw_internal("slips.bad_row", "A stored box of forms has an unknown pattern.");
    }
    return *series;
}

std::vector<StoredBox> boxes_of(store::Tx& tx, std::string_view stock) {
    std::vector<StoredBox> boxes;
    for (const store::Row& row : tx.query(kFormBoxes)) {
        if (stock.empty() || row.text(1) == stock) {
            boxes.push_back({row.number(0), row.text(1), stored_series(row.text(2)), row.number(3),
                             row.number(4)});
        }
    }
    return boxes;
}

Error forms_error(ErrorKind kind, std::string code, std::string detail, std::string_view where) {
    return {kind, std::move(code), std::move(detail), std::string(where), "M 2.1.3"};
}

Outcome check_numbered(const Stock& stock) {
    if (!stock.pre_numbered) {
        return forms_error(ErrorKind::Invalid, "forms.not_numbered",
                           "Sheets of this stock bear no numbers (stocks.yaml).", stock.name);
    }
    return done();
}

Outcome check_note(std::string_view note, bool needed, std::string_view where) {
    if (note.size() > kFormNoteMax || (needed && note.empty())) {
        return forms_error(ErrorKind::Invalid, "forms.note_missing",
                           "Say what happened to the form, in at most 200 bytes.", where);
    }
    return done();
}

/// The next numbers of one box that are free, until there are `count`.
void add_free(store::Tx& tx, const StoredBox& box, std::int64_t count,
              std::vector<FormNumber>& free) {
    const auto printed = tx.query(kLastPrinted, box.id).front().number_or_null(0);
    if (printed) {
        free.clear();  // the printer has come to this box: earlier ones are finished
    }
    std::int64_t at = printed ? *printed + 1 : box.first;
    const auto gone = tx.query(kSpoiledFrom, box.id, at);
    auto next_gone = gone.begin();
    for (; at <= box.last && std::int64_t(free.size()) < count; ++at) {
        if (next_gone != gone.end() && next_gone->number(0) == at) {
            ++next_gone;
            continue;
        }
        free.push_back({box.id, at, box.series.number(at)});
    }
}

std::vector<FormNumber> free_forms(store::Tx& tx, std::string_view stock, std::int64_t count) {
    std::vector<FormNumber> free;
    for (const StoredBox& box : boxes_of(tx, stock)) {
        add_free(tx, box, count, free);
    }
    return free;
}

}  // namespace

std::vector<FormCount> count_forms(store::Tx& tx) {
    std::map<std::string, FormCount> counts;
    for (const StoredBox& box : boxes_of(tx, {})) {
        counts[box.stock].received += box.last - box.first + 1;
    }
    for (const store::Row& row : tx.query(kFormsUsed)) {
        FormCount& count = counts[row.text(0)];
        (row.text(1) == "printed" ? count.printed : count.spoiled) = row.number(2);
    }
    std::vector<FormCount> all;
    for (auto& [stock, count] : counts) {
        count.stock = stock;
        for (const store::Row& row : tx.query(kLastFormCount, stock)) {
            count.counted_difference = row.number(0);
        }
        const auto next = free_forms(tx, stock, 1);
        count.next = next.empty() ? "" : next.front().number;
        all.push_back(std::move(count));
    }
    return all;
}

Outcome receive_forms(store::Tx& tx, const Stock& stock, const FormBox& box,
                      std::string_view actor) {
    for (const Outcome& right : {check_numbered(stock), check_note(box.note, false, stock.name)}) {
        if (!right) {
            return right;
        }
    }
    const auto series = NumberSeries::of(box.first);
    const auto first = series ? series->value_of(box.first) : std::nullopt;
    const auto last = series ? series->value_of(box.last) : std::nullopt;
    if (!first || !last || *last < *first || *last - *first >= kFormsMax) {
        return forms_error(ErrorKind::Invalid, "forms.bad_range",
                           "Two numbers of one series are expected, the lower one first, at most "
                           "a million apart: letters and digits, ended by the running number.",
                           stock.name);
    }
    for (const StoredBox& other : boxes_of(tx, stock.name)) {
        if (other.series.pattern() == series->pattern() && *first <= other.last &&
            *last >= other.first) {
            return forms_error(ErrorKind::Refused, "forms.overlap",
                               "Forms of these numbers came before; read the label of the box.",
                               other.series.number(other.first));
        }
    }
    tx.execute(kInsertFormStock, tx.new_id(), stock.name, "received", series->pattern(), *first,
               *last, *last - *first + 1, 0, actor, box.note, tx.now());
    audit::append(tx, {"forms.received",
                       std::string(actor),
                       "stock:" + stock.name,
                       {{"first", box.first}, {"last", box.last}}});
    return done();
}

Outcome spoil_form(store::Tx& tx, const Stock& stock, std::string_view number, std::string_view why,
                   std::string_view actor) {
    Outcome said = check_note(why, true, number);
    if (!said) {
        return said;
    }
    for (const StoredBox& box : boxes_of(tx, stock.name)) {
        const auto running = box.series.value_of(number);
        if (!running || *running < box.first || *running > box.last) {
            continue;
        }
        const auto known = tx.query(kFormUseOf, box.id, *running);
        if (!known.empty() && known.front().text(1) == "spoiled") {
            return done();
        }
        if (known.empty()) {
            tx.execute(kInsertFormUse, tx.new_id(), box.id, stock.name, *running, "spoiled",
                       std::nullopt, std::nullopt, actor, why, tx.now());
        } else {
            tx.execute(kSpoilForm, why, actor, known.front().number(0));
        }
        audit::append(tx, {"forms.spoiled",
                           std::string(actor),
                           "stock:" + stock.name,
                           {{"number", std::string(number)}, {"reason", std::string(why)}}});
        return done();
    }
    return forms_error(ErrorKind::NotFound, "forms.unknown",
                       "No form of this number was received; check each digit.", number);
}

void spoil_forms_of(store::Tx& tx, SlipId slip, std::string_view why, std::string_view actor) {
    tx.execute(kSpoilFormsOfSlip, why, actor, slip.value());
}

Outcome record_form_count(store::Tx& tx, const Stock& stock, std::int64_t found,
                          std::string_view note, std::string_view actor) {
    for (const Outcome& right : {check_numbered(stock), check_note(note, false, stock.name)}) {
        if (!right) {
            return right;
        }
    }
    if (found < 0 || found > kFormsMax) {
        return forms_error(ErrorKind::Invalid, "forms.bad_quantity",
                           "A number of forms is from 0 to a million.", std::to_string(found));
    }
    std::int64_t expected = 0;
    for (const FormCount& count : count_forms(tx)) {
        expected = count.stock == stock.name ? count.left() : expected;
    }
    tx.execute(kInsertFormStock, tx.new_id(), stock.name, "counted", "", 0, 0, found, expected,
               actor, note, tx.now());
    audit::append(tx, {"forms.counted",
                       std::string(actor),
                       "stock:" + stock.name,
                       {{"found", found}, {"expected", expected}}});
    return done();
}

Result<std::vector<FormNumber>> next_forms(store::Tx& tx, const Stock& stock, std::int64_t count) {
    auto free = free_forms(tx, stock.name, count);
    if (std::int64_t(free.size()) < count) {
        return forms_error(ErrorKind::Refused, "forms.short",
                           "There are " + std::to_string(free.size()) +
                               " forms of this stock and " + std::to_string(count) +
                               " are needed; `sealdesk slip stock receive` when a box comes.",
                           stock.name);
    }
    return free;
}

void use_forms(store::Tx& tx, const Stock& stock, PrintBatchId batch,
               const std::vector<FormUse>& uses, std::string_view actor) {
    for (const FormUse& use : uses) {
        tx.execute(kInsertFormUse, tx.new_id(), use.form.box, stock.name, use.form.running,
                   "printed", batch.value(),
                   use.slip ? std::optional(use.slip->value()) : std::nullopt, actor, "", tx.now());
    }
}

std::vector<std::string> forms_of(store::Tx& tx, SlipId slip) {
    std::vector<std::string> numbers;
    for (const store::Row& row : tx.query(kFormsOfSlip, slip.value())) {
        numbers.push_back(stored_series(row.text(1)).number(row.number(0)));
    }
    return numbers;
}

}  // namespace sealdesk::slips
