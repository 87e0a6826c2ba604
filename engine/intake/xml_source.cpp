#include <algorithm>
#include <utility>

#include "intake/columns.h"
#include "intake/member_record.h"
#include "intake/sources.h"
#include "intake/xml_reader.h"

namespace sealdesk::intake {

namespace {

/// `encoding` in the XML declaration, which stands in plain ASCII at the very beginning.
std::string declared_encoding(const std::filesystem::path& file, Encoding encoding) {
    constexpr std::size_t declaration_max = 200;
    ByteStream stream(file, encoding, /*transcode=*/false);
    std::string head;
    while (head.size() < declaration_max && stream.peek() != ByteStream::kEnd &&
           !head.ends_with("?>")) {
        head.push_back(static_cast<char>(stream.get()));
    }
    const std::size_t at = head.find("encoding");
    if (!head.starts_with("<?xml") || at == std::string::npos) {
        return {};
    }
    const std::size_t open = head.find_first_of("\"'", at);
    const std::size_t close = open == std::string::npos ? open : head.find(head[open], open + 1);
    return close == std::string::npos
               ? std::string{}
               : decode_bytes(head.substr(open + 1, close - open - 1), Encoding::Utf8);
}

/// A mark or the command line decides, then what the file declares (UTF-8 when it declares none).
Result<FoundEncoding> xml_encoding(const DataFile& file, const SourceOptions& options) {
    FoundEncoding found = find_encoding(file.survey, options.encoding);
    if (!options.encoding.empty() || found.encoding == Encoding::Utf16Le) {
        return found;
    }
    const std::string declared = declared_encoding(file.path, Encoding::Utf8);
    const auto named = declared.empty() || to_lower_ascii(declared) == "us-ascii"
                           ? std::optional(Encoding::Utf8)
                           : encoding_from(declared);
    if (!named || *named == Encoding::Utf16Le) {
        return file_error(
            "file.encoding",
            {"XML 宣告的編碼不支援：" + declared + "，請改用 UTF-8。",
             "The XML declares an encoding that is not read: " + declared + "; use UTF-8."},
            file.shown_name, 1);
    }
    return declared.empty() ? found : declared_as(*named);
}

/// What a first pass over the file tells.
struct XmlOutline {
    std::string root;
    std::map<std::string, std::string> words;
    std::vector<std::string> names;
    XmlItem first;
};

XmlOutline xml_outline_of(const DataFile& file, Encoding encoding) {
    ByteStream stream(file.path, encoding, /*transcode=*/true);
    XmlReader reader(stream);
    XmlOutline outline;
    XmlItem item;
    while (reader.next(item) && item.number <= kRecordsSampled) {
        for (const auto& [name, value] : item.members) {
            if (std::ranges::find(outline.names, name) == outline.names.end() &&
                outline.names.size() < kColumnsMax) {
                outline.names.push_back(name);
            }
        }
        outline.first = item.number == 1 ? item : outline.first;
    }
    outline.root = reader.root();
    outline.words = reader.words();
    return outline;
}

class XmlSource final : public RecordSource {
public:
    XmlSource(const DataFile& file, Encoding encoding, SourceInfo info)
        : stream_(file.path, encoding, /*transcode=*/true),
          reader_(stream_),
          names_(*info.form),
          info_(std::move(info)) {}

    [[nodiscard]] const SourceInfo& info() const override { return info_; }

    bool next(Record& record) override {
        if (!reader_.next(item_)) {
            return false;
        }
        start_record(record, item_.number, *info_.form);
        take_members(record, item_.members, names_, *info_.form, "xml.repeated_field");
        if (!item_.trouble.empty() && !record.trouble) {
            record.trouble = row_trouble(item_.trouble);
        }
        if (record.trouble) {
            const std::string line = std::to_string(item_.line);
            record.trouble->message.zh.append("（第 " + line + " 行）");
            record.trouble->message.en.append(" (line " + line + ")");
            record.raw = raw_of(item_.members);
        }
        return true;
    }

private:
    ByteStream stream_;
    XmlReader reader_;
    HeadingNames names_;
    SourceInfo info_;
    XmlItem item_;
};

std::string root_word(const XmlOutline& outline, const char* name) {
    const auto found = outline.words.find(name);
    return found == outline.words.end() ? std::string{} : found->second;
}

/// Files that are no submissions at all.
std::optional<Error> refuse_outline(const XmlOutline& outline, const std::string& file) {
    if (to_lower_ascii(outline.root) == "html" || to_lower_ascii(outline.root) == "table") {
        return file_error("file.not_text",
                          {"這是網頁格式的表格，請以 Excel 開啟後另存為 XLSX。",
                           "A table saved as a web page; open it in Excel and save it as XLSX."},
                          file);
    }
    const std::string_view trouble = outline.first.trouble;
    if (outline.root != "submissions" && !trouble.empty() && trouble != "xml.shape") {
        const Reason reason = row_trouble(trouble);
        return file_error(reason.code, reason.message, file, outline.first.line);
    }
    if (outline.root != "submissions") {
        return file_error("xml.root",
                          {"根元素應為 <submissions>（見 forms/schema/submissions.xsd）。",
                           "The root should be <submissions>, see forms/schema/submissions.xsd."},
                          file, 1);
    }
    return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_xml(const DataFile& file, const KnownForms& forms,
                                               const SourceOptions& options) {
    const auto encoding = xml_encoding(file, options);
    if (!encoding) {
        return encoding.error();
    }
    const XmlOutline outline = xml_outline_of(file, encoding->encoding);
    if (const auto refusal = refuse_outline(outline, file.shown_name)) {
        return *refusal;
    }
    const ToldForm told{root_word(outline, "scheme"), root_word(outline, "form"),
                        root_word(outline, "form_version")};
    const auto named = told_form(told, file.shown_name, forms, options);
    if (!named) {
        return named.error();
    }
    auto match = *named ? Result<FormMatch>(**named)
                        : match_keys(outline.names, told, file.shown_name, forms, options);
    if (!match) {
        return match.error();
    }
    SourceInfo info{file.shown_name,
                    file.survey.sha256,
                    std::string(name_of(encoding->encoding)),
                    encoding->certainty,
                    match->scheme,
                    match->form,
                    {}};
    return std::unique_ptr<RecordSource>(
        std::make_unique<XmlSource>(file, encoding->encoding, std::move(info)));
}

}  // namespace sealdesk::intake
