// Lists and labels on paper, and the list as a spreadsheet.
#include <array>

#include "base/text.h"
#include "effects/mail_list.h"

namespace sealdesk::effects {
namespace {

using parcels::MailLine;
using slips::CompiledTemplate;

constexpr std::string_view kAnyScheme = "-";
constexpr std::array<const char*, 7> kListHeadings{"順序",     "掛號號碼", "收件人", "郵遞區號",
                                                   "寄達地址", "件數",     "備考"};

std::string csv_row(const std::array<std::string, 7>& cells) {
    std::string row;
    for (const std::string& cell : cells) {
        row += (row.empty() ? "" : ",") + to_csv_cell(cell);
    }
    return row + "\r\n";
}

Error no_grid(const CompiledTemplate& compiled) {
    return {ErrorKind::Invalid,
            "post.no_grid",
            "The template's stock must have labels (stocks.yaml).",
            compiled.name(),
            {}};
}

/// The two templates of a list.
struct ListTemplates {
    const CompiledTemplate* head;
    const CompiledTemplate* line;
};

Result<ListTemplates> list_templates(slips::TemplateShelf& templates) {
    const auto head = templates.get(kAnyScheme, "mail-list");
    if (!head) {
        return head.error();
    }
    const auto line = templates.get(kAnyScheme, "mail-line");
    if (!line) {
        return line.error();
    }
    if (!(*line)->stock().labels) {
        return no_grid(**line);
    }
    return ListTemplates{*head, *line};
}

slips::Fields line_fields(const MailLine& line, std::size_t number) {
    return {{"line_number", std::to_string(number)}, {"tracking", line.tracking},
            {"recipient_name", line.to.name},        {"postal_code", line.to.postal_code},
            {"recipient_address", line.to.address},  {"item_number", line.item}};
}

}  // namespace

std::string mail_list_csv(const std::vector<MailLine>& lines) {
    std::array<std::string, 7> headings;
    std::ranges::copy(kListHeadings, headings.begin());
    std::string csv = "\xEF\xBB\xBF" + csv_row(headings);
    std::size_t number = 0;
    for (const MailLine& line : lines) {
        csv += csv_row({std::to_string(++number), line.tracking, line.to.name, line.to.postal_code,
                        line.to.address, "1", line.item});
    }
    return csv;
}

Result<std::string> mail_list_pdf(slips::TemplateShelf& templates, const parcels::MailList& list,
                                  const std::vector<MailLine>& lines) {
    const auto drawn_with = list_templates(templates);
    if (!drawn_with) {
        return drawn_with.error();
    }
    const slips::Stock& stock = drawn_with->line->stock();
    const auto a_page = std::size_t(stock.labels->count());
    const std::size_t pages = (lines.size() + a_page - 1) / a_page;
    paper::Document document(drawn_with->head->title(), list.closed_at);
    for (std::size_t page = 0; page < pages; ++page) {
        paper::Canvas& canvas = document.add_page(stock.sheet);
        const slips::Fields head{{"list_number", list.number},
                                 {"day", list.day},
                                 {"lines", std::to_string(lines.size())},
                                 {"first_tracking", lines.front().tracking},
                                 {"last_tracking", lines.back().tracking},
                                 {"closed_by", list.closed_by},
                                 {"page", std::to_string(page + 1)},
                                 {"pages", std::to_string(pages)}};
        const Outcome headed = drawn_with->head->stamp_part(
            canvas, {0, 0, stock.sheet.width, stock.sheet.height}, head);
        if (!headed) {
            return headed.error();
        }
        const std::size_t end = std::min(lines.size(), (page + 1) * a_page);
        for (std::size_t i = page * a_page; i < end; ++i) {
            const Outcome stamped = drawn_with->line->stamp_part(
                canvas, stock.labels->place(int(i - page * a_page)), line_fields(lines[i], i + 1));
            if (!stamped) {
                return stamped.error();
            }
        }
    }
    return document.finish();
}

Result<std::string> label_sheets(slips::TemplateShelf& templates, const std::vector<Label>& labels,
                                 int first, Instant now) {
    SEALDESK_CHECK(!labels.empty());
    const auto compiled = templates.get(kAnyScheme, "parcel-label");
    if (!compiled) {
        return compiled.error();
    }
    const slips::Stock& stock = (*compiled)->stock();
    if (!stock.labels) {
        return no_grid(**compiled);
    }
    const int a_sheet = stock.labels->count();
    if (first < 1 || first > a_sheet) {
        return Error{ErrorKind::Invalid,
                     "post.no_such_label",
                     "A sheet has labels 1 to " + std::to_string(a_sheet) + ".",
                     std::to_string(first),
                     {}};
    }
    paper::Document document((*compiled)->title(), now);
    paper::Canvas* sheet = &document.add_page(stock.sheet);
    int place = first - 1;
    for (const Label& label : labels) {
        if (place == a_sheet) {
            sheet = &document.add_page(stock.sheet);
            place = 0;
        }
        const Outcome stamped = (*compiled)->stamp_part(*sheet, stock.labels->place(place++),
                                                        {{"parcel_number", label.number},
                                                         {"recipient_name", label.to.name},
                                                         {"postal_code", label.to.postal_code},
                                                         {"recipient_address", label.to.address}});
        if (!stamped) {
            return stamped.error();
        }
    }
    return document.finish();
}

}  // namespace sealdesk::effects
