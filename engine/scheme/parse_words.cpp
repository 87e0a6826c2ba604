#include "scheme/parse_words.h"

#include "scheme/names.h"

namespace sealdesk::scheme {

namespace {

using nlohmann::json;

FieldTest parse_test(const std::string& field, const json& node, const std::string& pointer) {
    if (node.is_array()) {
        return {field, FieldTest::Kind::OneOf, node.get<std::vector<std::string>>()};
    }
    if (node.is_object()) {
        return {field, FieldTest::Kind::NoneOf, node.at("not").get<std::vector<std::string>>()};
    }
    const auto word = node.get<std::string>();
    if (word == "filled") {
        return {field, FieldTest::Kind::Filled, {}};
    }
    if (word == "empty") {
        return {field, FieldTest::Kind::Empty, {}};
    }
    throw UnknownWord{pointer, "`" + word + "`: write filled, empty, [values] or {not: [values]}"};
}

IdType parse_id_type(const std::string& word, const std::string& pointer) {
    const auto type = id_type_from(word);
    if (!type) {
        throw UnknownWord{pointer, "`" + word +
                                       "` is no kind of number; there are national_id, "
                                       "resident_id, passport, ubn, foreign_number, "
                                       "name_reservation"};
    }
    return *type;
}

}  // namespace

std::string at(const std::string& pointer, std::string_view key) {
    return pointer + "/" + std::string(key);
}
std::string at(const std::string& pointer, std::size_t index) {
    return pointer + "/" + std::to_string(index);
}

Bilingual text_of(const json& node) {
    return {node.at("zh").get<std::string>(), node.at("en").get<std::string>()};
}

Bilingual text_or_none(const json& node, const char* key) {
    return node.contains(key) ? text_of(node.at(key)) : Bilingual{};
}

std::string word_or_none(const json& node, const char* key) {
    return node.value(key, std::string{});
}

std::vector<std::string> words_of(const json& node, const char* key) {
    return node.contains(key) ? node.at(key).get<std::vector<std::string>>()
                              : std::vector<std::string>{};
}

std::map<std::string, Bilingual> texts_of(const json& node) {
    std::map<std::string, Bilingual> texts;
    if (node.contains("texts")) {
        for (const auto& [name, text] : node.at("texts").items()) {
            texts[name] = text_of(text);
        }
    }
    return texts;
}

Condition parse_condition(const json& node, const std::string& pointer) {
    Condition condition;
    for (const auto& [field, test] : node.items()) {
        condition.all.push_back(parse_test(field, test, at(pointer, pointer_part(field))));
    }
    return condition;
}

Condition condition_or_always(const json& node, const char* key, const std::string& pointer) {
    return node.contains(key) ? parse_condition(node.at(key), at(pointer, key)) : Condition{};
}

std::vector<AllowedId> parse_id_types(const json& node, const std::string& pointer) {
    std::vector<AllowedId> ids;
    if (!node.contains("id_types")) {
        return ids;
    }
    const json& list = node.at("id_types");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string here = at(at(pointer, "id_types"), i);
        if (list[i].is_string()) {
            ids.push_back({parse_id_type(list[i].get<std::string>(), here), {}});
        } else {
            ids.push_back({parse_id_type(list[i].at("type").get<std::string>(), here),
                           parse_condition(list[i].at("when"), at(here, "when"))});
        }
    }
    return ids;
}

std::vector<Choice> parse_choices(const json& node, const char* key) {
    std::vector<Choice> choices;
    if (node.contains(key)) {
        for (const json& entry : node.at(key)) {
            choices.push_back({entry.at("value").get<std::string>(), text_of(entry.at("label")),
                               words_of(entry, "aliases")});
        }
    }
    return choices;
}

Deadline parse_deadline(const json& node, const std::string& pointer) {
    const bool hours = node.contains("hours");
    if (hours == node.contains("working_days")) {
        throw UnknownWord{pointer, "a deadline has either hours or working_days"};
    }
    return {hours ? Deadline::Unit::Hours : Deadline::Unit::WorkingDays,
            node.at(hours ? "hours" : "working_days").get<std::int64_t>(),
            word_or_none(node, "rule")};
}

Error reference_error(const YamlDocument& document, const UnknownWord& word) {
    return {ErrorKind::Invalid, "scheme.reference", word.detail, document.where(word.pointer), {}};
}

}  // namespace sealdesk::scheme
