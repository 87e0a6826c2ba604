#include "scheme/register.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "scheme/yaml_document.h"

namespace sealdesk::scheme {

namespace {

constexpr std::string_view kRegisterFile = "rules.yaml";

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word_part(char c) {
    return is_ascii_digit(c) || is_ascii_capital(c) || (c >= 'a' && c <= 'z') || c == '_';
}

/// Where a section such as 5.12.2 ends that begins at `begin`; `begin` itself when there is none.
std::size_t end_of_section(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    for (std::size_t at = begin; at < text.size() && is_ascii_digit(text[at]);) {
        while (at < text.size() && is_ascii_digit(text[at])) {
            ++at;
        }
        end = at;
        if (at < text.size() && text[at] == '.') {
            ++at;
        }
    }
    return end;
}

Error bad_citation(const YamlDocument& document, const std::string& pointer, std::string detail) {
    return {ErrorKind::Invalid, "scheme.reference", std::move(detail), document.where(pointer), {}};
}

std::vector<std::string> row_words(const nlohmann::json& row, const char* key) {
    return row.value(key, std::vector<std::string>{});
}

Bilingual row_text(const nlohmann::json& node) {
    return {node.at("zh").get<std::string>(), node.at("en").get<std::string>()};
}

RegisteredRule parse_row(const nlohmann::json& row, std::string where) {
    RegisteredRule rule{
        row_words(row, "cite"),        row_text(row.at("text")),   Standing::Enforced, {},
        row_words(row, "enforced_by"), row_words(row, "shown_by"), std::move(where)};
    for (const auto& [key, standing] :
         {std::pair{"outside", Standing::Outside}, std::pair{"not_yet", Standing::NotYet}}) {
        if (row.contains(key)) {
            rule.standing = standing;
            rule.reason = row_text(row.at(key));
        }
    }
    return rule;
}

Outcome check_citations(const YamlDocument& document, const Register& known,
                        const RegisteredRule& rule, const std::string& pointer) {
    for (const std::string& citation : rule.citations) {
        const auto found = citations_in(citation);
        if (found.size() != 1 || found.front() != citation) {
            return bad_citation(document, pointer,
                                "`" + citation +
                                    "` is no citation; write a letter, a blank and "
                                    "the section, such as T 5.12.2");
        }
        if (!known.sources.contains(citation.substr(0, 1))) {
            return bad_citation(document, pointer,
                                "`" + citation + "`: sources has no such letter");
        }
    }
    return done();
}

Result<Register> load_register(const std::filesystem::path& folder) {
    const auto document = read_yaml(folder / kRegisterFile);
    if (!document) {
        return document.error();
    }
    const Outcome shape =
        check_shape(*document, folder.parent_path() / "schema" / "rules.schema.json");
    if (!shape) {
        return shape.error();
    }
    Register read{folder.filename().string(), {}, {}};
    for (const auto& [letter, title] : document->content.at("sources").items()) {
        read.sources[letter] = row_text(title);
    }
    const auto& rows = document->content.at("rules");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string pointer = "/rules/" + std::to_string(i);
        read.rules.push_back(parse_row(rows[i], document->where(pointer)));
        const Outcome cited = check_citations(*document, read, read.rules.back(), pointer);
        if (!cited) {
            return cited.error();
        }
    }
    return read;
}

}  // namespace

std::string_view name_of(Standing standing) {
    constexpr std::array<std::string_view, 3> names{"enforced", "outside", "not_yet"};
    return names.at(static_cast<std::size_t>(standing));
}

bool RegisteredRule::cites(std::string_view citation) const {
    return std::ranges::find(citations, citation) != citations.end();
}

std::vector<std::string> citations_in(std::string_view text) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        const bool begins = is_ascii_capital(text[i]) && (i == 0 || !is_word_part(text[i - 1]));
        if (begins && text[i + 1] == ' ') {
            const std::size_t end = end_of_section(text, i + 2);
            if (end > i + 2 && (end == text.size() || !is_word_part(text[end]))) {
                found.emplace_back(text.substr(i, end - i));
            }
        }
    }
    return found;
}

Result<std::vector<Register>> load_registers(const std::filesystem::path& forms_folder) {
    std::error_code trouble;
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(forms_folder, trouble)) {
        if (std::filesystem::exists(entry.path() / kRegisterFile)) {
            folders.push_back(entry.path());
        }
    }
    if (trouble) {
        return Error{ErrorKind::Invalid,
                     "scheme.no_such_file",
                     "the folder of the forms cannot be read",
                     forms_folder.string(),
                     {}};
    }
    std::ranges::sort(folders);
    std::vector<Register> registers;
    for (const auto& folder : folders) {
        auto read = load_register(folder);
        if (!read) {
            return read.error();
        }
        registers.push_back(std::move(read).value());
    }
    return registers;
}

std::vector<Mention> mentions_in(const std::filesystem::path& forms_folder, std::string_view id) {
    std::error_code none;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(forms_folder / id, none)) {
        if (entry.path().extension() == ".yaml" && entry.path().filename() != kRegisterFile) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    std::vector<Mention> mentions;
    for (const auto& file : files) {
        const std::string shown = "forms/" + std::string(id) + "/" + file.filename().string();
        std::ifstream stream(file);
        int number = 0;
        for (std::string line; std::getline(stream, line);) {
            ++number;
            for (std::string& citation : citations_in(line)) {
                mentions.push_back({std::move(citation), shown, number});
            }
        }
    }
    return mentions;
}

std::vector<const RegisteredRule*> rules_cited_as(const std::vector<Register>& registers,
                                                  std::string_view citation) {
    std::vector<const RegisteredRule*> rules;
    for (const Register& one : registers) {
        for (const RegisteredRule& rule : one.rules) {
            if (rule.cites(citation)) {
                rules.push_back(&rule);
            }
        }
    }
    return rules;
}

}  // namespace sealdesk::scheme
