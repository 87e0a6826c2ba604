#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "scheme/scheme.h"
#include "scheme/yaml_document.h"

// The small words that parse_scheme.cpp and parse_form.cpp read alike; nothing outside this room
// includes it. All take JSON whose shape was checked against the schema.
namespace sealdesk::scheme {

/// Thrown when a word stands for nothing; parse_scheme() and parse_form() turn it into an Error.
struct UnknownWord {
    std::string pointer;
    std::string detail;
};

/// The JSON pointer one step below `pointer`.
[[nodiscard]] std::string at(const std::string& pointer, std::string_view key);
[[nodiscard]] std::string at(const std::string& pointer, std::size_t index);

[[nodiscard]] Bilingual text_of(const nlohmann::json& node);
[[nodiscard]] Bilingual text_or_none(const nlohmann::json& node, const char* key);
[[nodiscard]] std::string word_or_none(const nlohmann::json& node, const char* key);
[[nodiscard]] std::vector<std::string> words_of(const nlohmann::json& node, const char* key);
[[nodiscard]] std::map<std::string, Bilingual> texts_of(const nlohmann::json& node);

[[nodiscard]] Condition parse_condition(const nlohmann::json& node, const std::string& pointer);
[[nodiscard]] Condition condition_or_always(const nlohmann::json& node, const char* key,
                                            const std::string& pointer);
[[nodiscard]] std::vector<AllowedId> parse_id_types(const nlohmann::json& node,
                                                    const std::string& pointer);
[[nodiscard]] std::vector<Choice> parse_choices(const nlohmann::json& node, const char* key);
[[nodiscard]] Deadline parse_deadline(const nlohmann::json& node, const std::string& pointer);

[[nodiscard]] Error reference_error(const YamlDocument& document, const UnknownWord& word);

}  // namespace sealdesk::scheme
