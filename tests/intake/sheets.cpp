#include "intake/sheets.h"

#include <gtest/gtest.h>

#include "intake/zip_file.h"

namespace sealdesk::intake {

namespace {

constexpr const char* kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr const char* kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr const char* kRelations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr const char* kPackage = "http://schemas.openxmlformats.org/package/2006";

std::string reference(std::size_t column, std::int64_t row) {
    std::string letters;
    for (std::size_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
        letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
    return letters + std::to_string(row);
}

std::string relation(const std::string& id, const std::string& type, const std::string& target) {
    return "<Relationship Id=\"" + id + "\" Type=\"" + kRelations + "/" + type + "\" Target=\"" +
           target + "\"/>";
}

std::string relations(const std::string& inside) {
    return std::string(kHead) + "<Relationships xmlns=\"" + kPackage + "/relationships\">" +
           inside + "</Relationships>";
}

std::string styles_part(const HandBook& book) {
    std::string formats;
    std::string styles = "<xf numFmtId=\"0\"/>";
    int id = 164;
    for (const std::string& code : book.formats) {
        formats += "<numFmt numFmtId=\"" + std::to_string(id) + "\" formatCode=\"" +
                   xml_text(code) + "\"/>";
        styles += "<xf numFmtId=\"" + std::to_string(id++) + "\"/>";
    }
    return std::string(kHead) + "<styleSheet xmlns=\"" + kMain + "\"><numFmts>" + formats +
           "</numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>" + styles +
           "</cellXfs></styleSheet>";
}

std::string shared_part(const HandBook& book) {
    std::string texts;
    for (const std::string& text : book.shared) {
        texts += "<si>" + text + "</si>";
    }
    return std::string(kHead) + "<sst xmlns=\"" + kMain + "\">" + texts + "</sst>";
}

}  // namespace

Cells person_no(const std::string& number, const Cells& changes) {
    Cells all = changes;
    all.emplace_back("收件編號", number);
    return person(all);
}

std::string xml_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

Parts parts_of(const HandBook& book) {
    std::string sheets;
    std::string targets = relation("s", "styles", "styles.xml") +
                          relation("t", "sharedStrings", "/xl/sharedStrings.xml");
    Parts parts{{"[Content_Types].xml",
                 std::string(kHead) + "<Types xmlns=\"" + kPackage + "/content-types\"/>"},
                {"_rels/.rels", relations(relation("r", "officeDocument", "xl/workbook.xml"))}};
    for (std::size_t i = 0; i < book.sheets.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        const HandSheet& sheet = book.sheets[i];
        sheets += "<sheet name=\"" + sheet.name + "\" sheetId=\"" + number + "\" r:id=\"r" +
                  number + "\"" + (sheet.state.empty() ? "" : " state=\"" + sheet.state + "\"") +
                  "/>";
        targets += relation("r" + number, "worksheet", "worksheets/sheet" + number + ".xml");
        parts.emplace_back("xl/worksheets/sheet" + number + ".xml",
                           std::string(kHead) + "<worksheet xmlns=\"" + kMain + "\"><sheetData>" +
                               sheet.rows + "</sheetData></worksheet>");
    }
    parts.emplace_back("xl/workbook.xml", std::string(kHead) + "<workbook xmlns=\"" + kMain +
                                              "\" xmlns:r=\"" + kRelations +
                                              "\"><workbookPr date1904=\"" +
                                              (book.from_1904 ? "1" : "0") + "\"/><sheets>" +
                                              sheets + "</sheets></workbook>");
    parts.emplace_back("xl/_rels/workbook.xml.rels", relations(targets));
    parts.emplace_back("xl/styles.xml", styles_part(book));
    parts.emplace_back("xl/sharedStrings.xml", shared_part(book));
    return parts;
}

std::string xlsx(const HandBook& book) { return zip(parts_of(book), /*deflated=*/true); }

std::string text_cell(std::size_t column, std::int64_t row, const std::string& text) {
    return "<c r=\"" + reference(column, row) +
           "\" t=\"inlineStr\"><is><t xml:space=\"preserve\">" + xml_text(text) + "</t></is></c>";
}

std::string value_cell(std::size_t column, std::int64_t row, const std::string& type,
                       const std::string& value, int style) {
    return "<c r=\"" + reference(column, row) + "\" t=\"" + type + "\" s=\"" +
           std::to_string(style) + "\"><v>" + xml_text(value) + "</v></c>";
}

std::string row_of(std::int64_t row, const std::string& cells, const std::string& attributes) {
    return "<row r=\"" + std::to_string(row) + "\"" + attributes + ">" + cells + "</row>";
}

std::string rows_of(const std::vector<Cells>& rows, std::int64_t first_row) {
    const auto line = [](std::int64_t number, const Cells& row, auto member) {
        std::string cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            cells += (row[i].*member).empty() ? "" : text_cell(i, number, row[i].*member);
        }
        return row_of(number, cells);
    };
    std::string out = line(first_row, rows.front(), &Cells::value_type::first);
    for (const Cells& row : rows) {
        out += line(++first_row, row, &Cells::value_type::second);
    }
    return out;
}

std::string sheet_of(const std::vector<Cells>& rows) {
    return xlsx({{{"Sheet1", rows_of(rows), ""}}, {}, {}, false});
}

HandBook book_with(const Cells& row, const std::string& heading, const std::string& type,
                   const std::string& value, int style) {
    std::string headings;
    std::string cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
        headings += text_cell(i, 1, row[i].first);
        cells += row[i].first == heading ? value_cell(i, 2, type, value, style)
                 : row[i].second.empty() ? std::string{}
                                         : text_cell(i, 2, row[i].second);
    }
    return {{{"Sheet1", row_of(1, headings) + row_of(2, cells), ""}}, {}, {}, false};
}

Parts unzip(const std::filesystem::path& file) {
    Parts parts;
    const auto zip_file = ZipFile::open(file);
    if (!zip_file) {
        ADD_FAILURE() << zip_file.error().code;
        return parts;
    }
    for (std::size_t i = 0; i < zip_file->entries().size(); ++i) {
        const auto stream = zip_file->read(i);
        std::string bytes;
        for (auto block = stream->next(); !block.empty(); block = stream->next()) {
            bytes.append(block);
        }
        EXPECT_EQ(stream->trouble(), "");
        parts.emplace_back(zip_file->entries()[i].name, bytes);
    }
    return parts;
}

void add_rows(Parts& parts, const std::string& part, const std::string& rows) {
    for (auto& [name, bytes] : parts) {
        const std::size_t end = bytes.find("</sheetData>");
        if (name == part && end != std::string::npos) {
            bytes.insert(end, rows);
            return;
        }
    }
    ADD_FAILURE() << "no " << part;
}

std::string xml_of(const std::vector<Cells>& rows, const std::string& form) {
    std::string text = std::string(kHead) + "<submissions scheme=\"tipo\" form=\"" + form + "\">\n";
    for (const Cells& row : rows) {
        text += "<submission>\n";
        for (const auto& [name, value] : row) {
            text += "<field name=\"" + xml_text(name) + "\">" + xml_text(value) + "</field>\n";
        }
        text += "</submission>\n";
    }
    return text + "</submissions>\n";
}

}  // namespace sealdesk::intake
