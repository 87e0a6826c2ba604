#include "slips/control_sheet.h"

#include <map>

#include "slips/print_run_record.h"

namespace sealdesk::slips {
namespace {

/// Templates of the office itself, whatever the scheme.
constexpr std::string_view kNoScheme = "-";
constexpr std::size_t kSlipsInLine = 3;

struct Printed {
    PrintBatch batch;
    PrintRunRecord run;
};

Result<Printed> read_printed(store::Tx& tx, std::string_view number) {
    const auto batch = find_batch(tx, number);
    if (!batch) {
        return batch.error();
    }
    auto run = find_print_run(tx, batch->id);
    if (!run) {
        return Error{ErrorKind::Refused, "slips.not_printed",
                     "The batch is not printed yet; its control sheet comes with it.",
                     batch->number, "M 2.1.3"};
    }
    return Printed{*batch, *std::move(run)};
}

/// "slip　12" and so on, a kind a line.
std::string kinds_text(const PrintRunRecord& run) {
    std::map<std::string, std::int64_t> counts;
    for (const PrintedItem& item : run.items) {
        ++counts[item.kind];
    }
    static const std::map<std::string, std::string> names{
        {"letter", "函件 letters"}, {"receipt", "收據 receipts"}, {"slip", "密碼單 slips"}};
    std::string text;
    for (const auto& [kind, count] : counts) {
        text += (text.empty() ? "" : "\n") + names.at(kind) + "　" + std::to_string(count);
    }
    return text;
}

/// Where each slip lies: number, first page, form.
std::string slips_text(const PrintRunRecord& run) {
    std::string text;
    std::size_t in_line = 0;
    for (const PrintedItem& item : run.items) {
        if (item.number.empty()) {
            continue;
        }
        text += in_line == 0 ? (text.empty() ? "" : "\n") : "　　";
        text += item.number + " p." + std::to_string(item.first_page) +
                (item.first_form.empty() ? "" : " #" + item.first_form);
        in_line = (in_line + 1) % kSlipsInLine;
    }
    return text;
}

Fields fields_of(const Printed& printed, const Stock* stock) {
    const PrintRunRecord& run = printed.run;
    std::int64_t pages = 0;
    std::int64_t slips = 0;
    std::string first;
    std::string last;
    for (const PrintedItem& item : run.items) {
        pages += item.pages;
        if (item.number.empty()) {
            continue;
        }
        ++slips;
        first = first.empty() || item.number < first ? item.number : first;
        last = std::max(last, item.number);
    }
    Fields fields{{"batch_number", printed.batch.number},
                  {"stock", stock == nullptr ? printed.batch.stock : stock->title},
                  {"items", std::to_string(run.items.size())},
                  {"slips", std::to_string(slips)},
                  {"pages", std::to_string(pages)},
                  {"kinds", kinds_text(run)},
                  {"first_slip", first},
                  {"last_slip", last},
                  {"slip_list", slips_text(run)},
                  {"sha256", run.sha256},
                  {"printed_by", run.actor},
                  {"printed_at", to_taipei_text(run.printed_at)}};
    if (!run.items.empty() && !run.items.front().first_form.empty()) {
        fields["first_form"] = run.items.front().first_form;
        fields["last_form"] = run.items.back().last_form;
    }
    return fields;
}

}  // namespace

Result<std::string> control_sheet(store::Database& database, TemplateShelf& templates,
                                  std::string_view number) {
    const auto compiled = templates.get(kNoScheme, kControlTemplate);
    if (!compiled) {
        return compiled.error();
    }
    const auto stocks = templates.stocks();
    if (!stocks) {
        return stocks.error();
    }
    const auto printed =
        store::transact(database, "slips.read-run",
                        [&](store::Tx& tx) -> Result<Printed> { return read_printed(tx, number); });
    if (!printed) {
        return printed.error();
    }
    paper::Document document((*compiled)->title(), printed->run.printed_at);
    const auto stamped =
        (*compiled)->stamp(document, fields_of(*printed, (*stocks)->find(printed->batch.stock)));
    return stamped ? Result<std::string>(document.finish()) : stamped.error();
}

}  // namespace sealdesk::slips
