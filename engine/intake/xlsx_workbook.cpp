#include "intake/xlsx_workbook.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "intake/bundle.h"
#include "intake/messages.h"
#include "intake/record.h"
#include "intake/xml_parser.h"

namespace sealdesk::intake {

namespace {

Error refusal(std::string code, const Bilingual& what) {
    return {ErrorKind::Invalid, std::move(code), in_both(what), {}, {}};
}

Error broken_workbook() {
    return refusal("xlsx.broken", {"XLSX 檔損毀或內容不完整。請以 Excel 開啟後另存新檔。",
                                   "A damaged or incomplete XLSX. Open it in Excel and save it "
                                   "again."});
}

Error too_large_workbook() {
    return refusal("xlsx.too_large",
                   {"試算表過大，請分成數個檔案。", "The spreadsheet is too large; split it."});
}

/// A part by its name, which OPC compares without case (ECMA-376 part 2, 6.2.2.3).
std::optional<std::size_t> find_part(const ZipFile& zip, std::string_view name) {
    if (name.empty()) {
        return std::nullopt;
    }
    const std::string wanted = to_lower_ascii(name);
    const auto& entries = zip.entries();
    const auto found = std::ranges::find_if(
        entries, [&](const ZipEntry& entry) { return to_lower_ascii(entry.name) == wanted; });
    if (found == entries.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - entries.begin());
}

/// Runs a part through a parser. False when it is damaged, or the events had enough.
bool parse_part(const ZipFile& zip, std::size_t entry, XmlParser& parser) {
    const auto stream = zip.read(entry);
    for (std::string_view block = stream->next(); !block.empty(); block = stream->next()) {
        if (!parser.feed(block, false)) {
            return false;
        }
    }
    return stream->trouble().empty() && parser.feed({}, true);
}

/// A relation's target as a part's name: absolute, or beside the part it is told in.
std::string part_beside(const std::string& folder, const std::string& target) {
    return target.starts_with('/') ? target.substr(1) : folder + target;
}

/// _rels/.rels and workbook.xml.rels: what an id stands for.
struct Relations final : XmlEvents {
    struct Target {
        std::string type;
        std::string part;
    };
    std::map<std::string, Target, std::less<>> by_id;

    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "Relationship" && by_id.size() < kZipEntriesMax) {
            const std::string type(attributes.get("Type"));
            by_id.emplace(attributes.get("Id"), Target{type.substr(type.rfind('/') + 1),
                                                       std::string(attributes.get("Target"))});
        }
    }
    void end(std::string_view) override {}
    void text(std::string_view) override {}

    [[nodiscard]] std::string part_of(std::string_view type, const std::string& folder) const {
        for (const auto& [id, target] : by_id) {
            if (target.type == type) {
                return part_beside(folder, target.part);
            }
        }
        return {};
    }
};

/// workbook.xml.
struct SheetList final : XmlEvents {
    struct Sheet {
        std::string name;
        std::string relation;
        bool hidden;
    };
    std::vector<Sheet> sheets;
    bool from_1904 = false;

    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "workbookPr") {
            const std::string_view told = attributes.get("date1904");
            from_1904 = told == "1" || told == "true" || told == "on";
        } else if (name == "sheet" && sheets.size() <= kSheetsMax) {
            const std::string_view state = attributes.get("state");
            sheets.push_back({std::string(attributes.get("name")),
                              std::string(attributes.get("id")),
                              !state.empty() && state != "visible"});
        }
    }
    void end(std::string_view) override {}
    void text(std::string_view) override {}
};

/// styles.xml: for each cell style how it shows a number.
struct StyleList final : XmlEvents {
    std::map<std::int64_t, NumberStyle> custom;
    std::vector<NumberStyle> styles;
    bool in_cell_styles = false;

    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "numFmt" && custom.size() < kStylesMax) {
            custom[parse_number(attributes.get("numFmtId")).value_or(-1)] =
                style_of_code(attributes.get("formatCode"));
        } else if (name == "cellXfs") {
            in_cell_styles = true;
        } else if (name == "xf" && in_cell_styles && styles.size() <= kStylesMax) {
            const std::int64_t id = parse_number(attributes.get("numFmtId")).value_or(0);
            const auto found = custom.find(id);
            styles.push_back(found == custom.end() ? style_of_builtin(id) : found->second);
        }
    }
    void end(std::string_view name) override {
        in_cell_styles = in_cell_styles && name != "cellXfs";
    }
    void text(std::string_view) override {}
};

/// sharedStrings.xml; readings above the line (`rPh`) are no part of a text.
struct TextList final : XmlEvents {
    explicit TextList(SharedTexts& wanted) : texts(wanted) {}
    SharedTexts& texts;
    XmlParser* parser = nullptr;
    std::string current;
    bool in_text = false;
    bool in_reading = false;

    void start(std::string_view name, const XmlAttributes&) override {
        if (name == "si") {
            current.clear();
        }
        in_reading = in_reading || name == "rPh";
        in_text = name == "t" && !in_reading;
    }
    void end(std::string_view name) override {
        in_text = false;
        in_reading = in_reading && name != "rPh";
        if (name == "si") {
            texts.add(current);
            if (texts.is_too_large()) {
                parser->stop("xlsx.too_large");
            }
        }
    }
    void text(std::string_view piece) override {
        if (in_text && current.size() <= kCellBytesMax) {
            current.append(piece);
        }
    }
};

/// Other things in a ZIP, told by a part they have.
struct OtherKind {
    std::string_view part;
    Bilingual advice;
};
const OtherKind kOtherKinds[]{
    {"mimetype",
     {"這是 OpenDocument（.ods）檔，請以 LibreOffice 另存為 XLSX。",
      "An OpenDocument file (.ods); save it as XLSX."}},
    {"xl/workbook.bin",
     {"這是二進位活頁簿（.xlsb），請另存為 XLSX。", "A binary workbook (.xlsb); save it as XLSX."}},
    {"word/document.xml", {"這是 Word 文件，不是資料檔。", "A Word document, not a data file."}},
};

/// The worksheets among what the workbook lists; nothing when a part of one is missing.
std::optional<std::vector<SheetPart>> sheets_of(const ZipFile& zip, const SheetList& list,
                                                const Relations& targets,
                                                const std::string& folder) {
    std::vector<SheetPart> sheets;
    for (const SheetList::Sheet& sheet : list.sheets) {
        const auto target = targets.by_id.find(sheet.relation);
        if (target == targets.by_id.end() || target->second.type != "worksheet") {
            continue;  // a chart or a macro sheet
        }
        const auto entry = find_part(zip, part_beside(folder, target->second.part));
        if (!entry) {
            return std::nullopt;
        }
        sheets.push_back({sheet.name, sheet.hidden, *entry});
    }
    return sheets;
}

}  // namespace

std::string_view SharedTexts::at(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

void SharedTexts::add(std::string_view text) {
    bytes_.append(text.substr(0, kCellBytesMax + 1));
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

NumberStyle Workbook::style(std::size_t index) const {
    return index < styles_.size() ? styles_[index] : NumberStyle{};
}

Result<Workbook> Workbook::open(const std::filesystem::path& file) {
    auto zip = ZipFile::open(file);
    if (!zip) {
        Error error = zip.error();
        error.where.clear();
        return error;
    }
    for (const OtherKind& kind : kOtherKinds) {
        if (find_part(*zip, kind.part)) {
            return refusal("file.not_text", kind.advice);
        }
    }
    if (!find_part(*zip, "[Content_Types].xml")) {
        return refusal("file.not_text", {"ZIP 內之 ZIP 不予讀取，請直接放入資料檔。",
                                         "A ZIP in a ZIP is not read; put the data files in."});
    }
    Workbook workbook(std::move(*zip));
    const Outcome read = workbook.read_parts();
    if (!read) {
        return read.error();
    }
    return workbook;
}

Outcome Workbook::read_parts() {
    std::vector<std::string> names;
    for (const ZipEntry& entry : zip_.entries()) {
        names.push_back(to_lower_ascii(entry.name));
    }
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) {
        return broken_workbook();  // two parts of one name: programs would see different ones
    }
    Relations root;
    XmlParser parser(root);
    const auto relations = find_part(zip_, "_rels/.rels");
    if (!relations || !parse_part(zip_, *relations, parser)) {
        return broken_workbook();
    }
    const std::string told = root.part_of("officeDocument", {});
    return read_sheets(told.empty() ? "xl/workbook.xml" : told);
}

Outcome Workbook::read_sheets(const std::string& workbook_part) {
    const std::size_t slash = workbook_part.rfind('/');
    const std::string folder =
        slash == std::string::npos ? std::string{} : workbook_part.substr(0, slash + 1);
    const std::string base = workbook_part.substr(folder.size());
    const auto workbook = find_part(zip_, workbook_part);
    const auto relations = find_part(zip_, folder + "_rels/" + base + ".rels");
    SheetList list;
    Relations targets;
    XmlParser list_parser(list);
    XmlParser target_parser(targets);
    if (!workbook || !relations || !parse_part(zip_, *workbook, list_parser) ||
        !parse_part(zip_, *relations, target_parser)) {
        return broken_workbook();
    }
    from_1904_ = list.from_1904;
    auto sheets = sheets_of(zip_, list, targets, folder);
    if (!sheets) {
        return broken_workbook();
    }
    sheets_ = *std::move(sheets);
    StyleList styles;
    XmlParser style_parser(styles);
    const auto styles_part = find_part(zip_, targets.part_of("styles", folder));
    if (styles_part && !parse_part(zip_, *styles_part, style_parser)) {
        return broken_workbook();
    }
    styles_ = std::move(styles.styles);
    TextList texts(shared_);
    XmlParser text_parser(texts);
    texts.parser = &text_parser;
    const auto texts_part = find_part(zip_, targets.part_of("sharedStrings", folder));
    const bool texts_read = !texts_part || parse_part(zip_, *texts_part, text_parser);
    if (text_parser.trouble() == "xlsx.too_large" || sheets_.size() > kSheetsMax ||
        styles_.size() > kStylesMax) {
        return too_large_workbook();
    }
    return texts_read && !sheets_.empty() ? done() : Outcome(broken_workbook());
}

}  // namespace sealdesk::intake
