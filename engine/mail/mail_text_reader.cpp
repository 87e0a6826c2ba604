#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "mail/mail_text_parts.h"
#include "scheme/yaml_document.h"

namespace sealdesk::mail {
namespace {

bool is_text_field_name(std::string_view name) {
    return !name.empty() && name.size() <= 40 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
               std::string_view::npos;
}

/// The name in "{name}" that begins the text; nothing when it is none.
std::optional<std::string> field_at(std::string_view text) {
    const std::size_t end = text.front() == '{' ? text.find('}') : std::string_view::npos;
    if (end == std::string_view::npos || !is_text_field_name(text.substr(1, end - 1))) {
        return std::nullopt;
    }
    return std::string(text.substr(1, end - 1));
}

/// Cuts "…{field}…" into pieces; `{{` and `}}` are the braces themselves. Nothing when a brace is
/// left over or a name is none.
std::optional<TextLine> cut(std::string_view text) {
    TextLine line;
    std::string words;
    const auto keep_words = [&] {
        if (!words.empty()) {
            line.push_back({std::exchange(words, {}), false});
        }
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '{' && c != '}') {
            words += c;
        } else if (i + 1 < text.size() && text[i + 1] == c) {
            words += c;
            ++i;
        } else {
            auto name = field_at(text.substr(i));
            if (!name) {
                return std::nullopt;
            }
            keep_words();
            i += name->size() + 1;
            line.push_back({*std::move(name), true});
        }
    }
    keep_words();
    return line;
}

/// Reads one file. The first error is kept; after it every function returns something harmless.
class MailTextReader {
public:
    explicit MailTextReader(const scheme::YamlDocument& document) : document_(document) {}

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    /// Fields that placeholders may name; what is shown is ticked off.
    std::set<std::string> known;
    std::set<std::string> shown;

    void check_keys(const std::string& pointer, const std::set<std::string>& wanted,
                    const std::set<std::string>& optional = {}) {
        const auto* map = at(pointer);
        if (map == nullptr || !map->is_object()) {
            fail_shape(pointer, "Entries are wanted here: " + listed(wanted) + ".");
            return;
        }
        for (const auto& [key, value] : map->items()) {
            if (!wanted.contains(key) && !optional.contains(key)) {
                fail_shape(
                    pointer + "/" + scheme::pointer_part(key),
                    "There is no entry \"" + key + "\" here; there are " + listed(wanted) + ".");
            }
        }
        for (const std::string& key : wanted) {
            if (!map->contains(key)) {
                fail_shape(pointer, "The entry \"" + key + "\" is missing.");
            }
        }
    }

    std::string text_of(const std::string& pointer) {
        const auto* node = at(pointer);
        if (node == nullptr || !node->is_string() || node->get<std::string>().empty()) {
            fail_shape(pointer, "A text is wanted here; put quotes around it.");
            return {};
        }
        std::string text = *node;
        while (!text.empty() && text.back() == '\n') {  // the newline of YAML's block form
            text.pop_back();
        }
        return text;
    }

    TextLine line_of(const std::string& pointer) {
        auto line = cut(text_of(pointer));
        if (!line) {
            fail_shape(pointer, "A placeholder is {name}; a brace itself is written twice.");
            return {};
        }
        for (const TextPiece& piece : *line) {
            if (piece.is_field) {
                show(piece.text, pointer);
            }
        }
        return *std::move(line);
    }

    std::vector<Paragraph> paragraphs_of(const std::string& pointer) {
        const auto* list = at(pointer);
        if (list == nullptr || !list->is_array() || list->empty()) {
            fail_shape(pointer, "A list of paragraphs is wanted here, one after each \"-\".");
            return {};
        }
        std::vector<Paragraph> paragraphs;
        for (std::size_t i = 0; i < list->size() && !error_; ++i) {
            paragraphs.push_back(paragraph_of(pointer + "/" + std::to_string(i)));
        }
        return paragraphs;
    }

    std::map<std::string, DeclaredField> fields_of(const std::string& pointer) {
        std::map<std::string, DeclaredField> fields;
        if (at(pointer) == nullptr) {
            return fields;
        }
        check_keys(pointer, {}, {"required", "optional"});
        for (const bool required : {true, false}) {
            const std::string below = pointer + (required ? "/required" : "/optional");
            const auto* map = at(below);
            if (map == nullptr || error_) {
                continue;
            }
            if (!map->is_object()) {
                fail_shape(below, "A field is declared as name: sample value, one a line.");
                continue;
            }
            for (const auto& [name, sample] : map->items()) {
                declare(fields, std::string(below).append("/").append(name), name, required);
            }
        }
        return fields;
    }

    void check_all_shown(const std::map<std::string, DeclaredField>& fields) {
        for (const auto& [name, field] : fields) {
            if (!shown.contains(name) && !error_) {
                error_ = Error{ErrorKind::Invalid,
                               "mail_text.unused_field",
                               "The field \"" + name + "\" is declared and nowhere shown.",
                               field.where,
                               {}};
            }
        }
    }

    void fail(const std::string& pointer, std::string code, std::string detail) {
        if (!error_) {
            error_ = Error{ErrorKind::Invalid,
                           std::move(code),
                           std::move(detail),
                           document_.where(pointer),
                           {}};
        }
    }
    void fail_shape(const std::string& pointer, std::string detail) {
        fail(pointer, "mail_text.shape", std::move(detail));
    }

private:
    static std::string listed(const std::set<std::string>& names) {
        std::string text;
        for (const std::string& name : names) {
            text += (text.empty() ? "" : ", ") + name;
        }
        return text;
    }

    [[nodiscard]] const nlohmann::json* at(const std::string& pointer) const {
        const nlohmann::json::json_pointer place(pointer);
        return document_.content.contains(place) ? &document_.content.at(place) : nullptr;
    }

    void show(const std::string& field, const std::string& pointer) {
        if (!known.contains(field)) {
            fail(pointer, "mail_text.unknown_field",
                 "The field \"" + field + "\" is not declared; there are " + listed(known) + ".");
        }
        shown.insert(field);
    }

    Paragraph paragraph_of(const std::string& pointer) {
        if (!at(pointer)->is_object()) {
            return {line_of(pointer)};
        }
        check_keys(pointer, {"text"}, {"when", "unless"});
        Paragraph paragraph{line_of(pointer + "/text")};
        for (const auto& [key, member] :
             {std::pair{"/when", &Paragraph::when}, std::pair{"/unless", &Paragraph::unless}}) {
            if (at(pointer + key) != nullptr) {
                paragraph.*member = text_of(pointer + key);
                show(paragraph.*member, pointer + key);
            }
        }
        return paragraph;
    }

    void declare(std::map<std::string, DeclaredField>& fields, const std::string& pointer,
                 const std::string& name, bool required) {
        if (!is_text_field_name(name)) {
            fail_shape(pointer, "A field's name is made of a-z 0-9 _.");
        } else if (known.contains(name)) {
            fail_shape(pointer, "The field \"" + name +
                                    "\" is declared twice, or every mail has "
                                    "it anyway.");
        } else {
            fields[name] = {text_of(pointer), required, document_.where(pointer)};
            known.insert(name);
        }
    }

    const scheme::YamlDocument& document_;
    std::optional<Error> error_;
};

std::set<std::string> names_for_all_mails() {
    std::set<std::string> names;
    for (const auto& [name, sample] : fields_of_all_mails()) {
        names.insert(name);
    }
    return names;
}

/// The page around the HTML part: each of its four places must be there.
Result<TextLine> read_mail_layout(const std::filesystem::path& file) {
    std::error_code absent;
    auto line = std::filesystem::exists(file, absent) ? cut(read_file(file)) : std::nullopt;
    std::multiset<std::string> places;
    for (const TextPiece& piece : line.value_or(TextLine{})) {
        if (piece.is_field) {
            places.insert(piece.text);
        }
    }
    if (!line || places != std::multiset<std::string>{"chinese", "closing", "english", "subject"}) {
        return Error{
            ErrorKind::Invalid,
            "mail_text.shape",
            "The layout of mails shows {subject}, {chinese}, {english} and {closing}, each once; "
            "a brace itself is written twice.",
            file.string(),
            {}};
    }
    return *std::move(line);
}

}  // namespace

const std::map<std::string, std::string>& fields_of_all_mails() {
    static const std::map<std::string, std::string> fields{{"recipient_name", "王小明"},
                                                           {"request_number", "R115-000001-2"},
                                                           {"scheme", ""},
                                                           {"scheme_en", ""},
                                                           {"authority", ""},
                                                           {"authority_en", ""},
                                                           {"authority_address", ""},
                                                           {"authority_phone", ""},
                                                           {"authority_website", ""}};
    return fields;
}

Result<MailText> read_mail_text(const std::filesystem::path& file) {
    const auto document = scheme::read_yaml(file);
    if (!document) {
        return document.error();
    }
    MailTextReader reader(*document);
    reader.known = names_for_all_mails();
    reader.check_keys("", {"mail", "subject", "body"}, {"fields"});
    MailText text;
    if (!reader.error() && reader.text_of("/mail") != file.stem().string()) {
        reader.fail_shape("/mail", "The entry \"mail\" is the file's name without .yaml.");
    }
    text.where = document->where("/fields");
    if (!reader.error()) {
        text.fields = reader.fields_of("/fields");
        reader.check_keys("/subject", {"zh", "en"});
        reader.check_keys("/body", {"zh", "en"});
    }
    if (!reader.error()) {
        text.subject_zh = reader.line_of("/subject/zh");
        text.subject_en = reader.line_of("/subject/en");
        text.body_zh = reader.paragraphs_of("/body/zh");
        text.body_en = reader.paragraphs_of("/body/en");
        reader.check_all_shown(text.fields);
    }
    if (reader.error()) {
        return *reader.error();
    }
    return text;
}

Result<MailFrame> read_mail_frame(const std::filesystem::path& frame_file,
                                  const std::filesystem::path& layout_file) {
    const auto document = scheme::read_yaml(frame_file);
    if (!document) {
        return document.error();
    }
    MailTextReader reader(*document);
    reader.known = names_for_all_mails();
    reader.check_keys("", {"subject", "opening", "closing"});
    if (!reader.error()) {
        reader.check_keys("/opening", {"zh", "en"});
    }
    MailFrame frame;
    if (!reader.error()) {
        frame.opening_zh = reader.paragraphs_of("/opening/zh");
        frame.opening_en = reader.paragraphs_of("/opening/en");
        frame.closing = reader.paragraphs_of("/closing");
        reader.known.insert({"heading", "heading_en"});
        frame.subject = reader.line_of("/subject");
    }
    if (!reader.error() && !reader.shown.contains("heading")) {
        reader.fail_shape("/subject", "The subject shows {heading}, what each mail is about.");
    }
    if (reader.error()) {
        return *reader.error();
    }
    auto layout = read_mail_layout(layout_file);
    if (!layout) {
        return layout.error();
    }
    frame.layout = *std::move(layout);
    return frame;
}

}  // namespace sealdesk::mail
