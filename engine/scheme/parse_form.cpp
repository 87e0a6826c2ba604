#include <algorithm>
#include <optional>
#include <utility>

#include "scheme/names.h"
#include "scheme/parse.h"
#include "scheme/parse_counter.h"
#include "scheme/parse_words.h"

namespace sealdesk::scheme {

namespace {

using nlohmann::json;

std::optional<Condition> parse_required(const json& field, const std::string& pointer) {
    if (!field.contains("required")) {
        return std::nullopt;
    }
    const json& node = field.at("required");
    if (node.is_object()) {
        return parse_condition(node, at(pointer, "required"));
    }
    if (node == "always") {
        return Condition{};
    }
    if (node == "never") {
        return std::nullopt;
    }
    throw UnknownWord{at(pointer, "required"), "write always, never or a condition"};
}

std::vector<Choice> choices_from(const std::string& source, const Form& form) {
    std::vector<Choice> choices;
    if (source == "kinds") {
        for (const ApplicantKind& kind : form.kinds) {
            choices.push_back({kind.key, kind.label, kind.aliases});
        }
    } else {
        for (const Delivery& delivery : form.deliveries) {
            choices.push_back({delivery.value, delivery.label, delivery.aliases});
        }
    }
    return choices;
}

/// A line of text on a form; addresses and names have their own limits in the definition.
constexpr std::int64_t kFieldLengthDefault = 254;  // longest e-mail address, RFC 5321 §4.5.3.1.3

Field parse_field(const json& node, const std::string& pointer, const Form& form) {
    const auto type = field_type_from(node.at("type").get<std::string>());
    SEALDESK_CHECK(type.has_value());  // the schema lists the types
    Field field{node.at("key").get<std::string>(), text_of(node.at("label")),
                words_of(node, "aliases"),         *type,
                parse_choices(node, "choices"),    parse_id_types(node, pointer),
                parse_required(node, pointer),     node.value("max_length", kFieldLengthDefault),
                node.value("personal", false),     node.value("past_only", false),
                node.value("on_blank_form", true), word_or_none(node, "rule"),
                text_or_none(node, "hint")};
    if (node.contains("choices_from")) {
        field.choices = choices_from(node.at("choices_from").get<std::string>(), form);
    }
    return field;
}

template <class Entry, class Name>
std::vector<Entry> chosen_from(const std::vector<Entry>& all, const json& root, const char* key,
                               Name Entry::*name) {
    std::vector<Entry> chosen;
    const json& list = root.at(key);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto found = std::ranges::find(all, list[i].get<std::string>(), name);
        if (found == all.end()) {
            throw UnknownWord{at(at("", key), i),
                              "scheme.yaml has no `" + list[i].get<std::string>() + "`"};
        }
        chosen.push_back(*found);
    }
    return chosen;
}

Roles parse_roles(const json& node) {
    return {word_or_none(node, "record_number"),
            word_or_none(node, "received_on"),
            word_or_none(node, "applicant_kind"),
            word_or_none(node, "applicant_name"),
            word_or_none(node, "id_number"),
            word_or_none(node, "delivery"),
            word_or_none(node, "documents"),
            word_or_none(node, "certificate"),
            word_or_none(node, "ground"),
            word_or_none(node, "certificate_serial"),
            word_or_none(node, "certificate_use"),
            word_or_none(node, "token_kind"),
            word_or_none(node, "user_code"),
            word_or_none(node, "county"),
            word_or_none(node, "parent_name"),
            word_or_none(node, "contact_name"),
            word_or_none(node, "contact_phone"),
            word_or_none(node, "contact_email"),
            word_or_none(node, "contact_postal_code"),
            word_or_none(node, "contact_address")};
}

std::vector<SealBox> parse_seals(const json& root) {
    std::vector<SealBox> seals;
    for (const json& node : root.at("seals")) {
        seals.push_back({node.at("role").get<std::string>(), node.at("field").get<std::string>(),
                         text_of(node.at("label"))});
    }
    return seals;
}

std::vector<CopyBox> parse_copies(const json& root) {
    std::vector<CopyBox> copies;
    for (const json& node : root.value("copies", json::array())) {
        copies.push_back({node.at("document").get<std::string>(),
                          node.at("field").get<std::string>(), text_of(node.at("label")),
                          node.at("width_mm").get<std::int64_t>(),
                          node.at("height_mm").get<std::int64_t>()});
    }
    return copies;
}

std::vector<ChecklistItem> parse_checklist(const json& root) {
    std::vector<ChecklistItem> items;
    const json list = root.value("checklist", json::array());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        items.push_back(
            {node.at("key").get<std::string>(), text_of(node.at("label")), words_of(node, "any_of"),
             condition_or_always(node, "when", at("/checklist", i)), word_or_none(node, "rule")});
    }
    return items;
}

std::vector<Check> parse_checks(const json& root) {
    std::vector<Check> checks;
    for (const json& node : root.at("checks")) {
        Check check{node.at("kind").get<std::string>(),
                    text_of(node.at("label")),
                    {},
                    word_or_none(node, "rule")};
        for (const json& point : node.at("points")) {
            check.points.push_back(text_of(point));
        }
        checks.push_back(std::move(check));
    }
    return checks;
}

std::vector<Rule> parse_rules(const json& root) {
    std::vector<Rule> rules;
    const json& list = root.at("rules");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        const auto kind = rule_kind_from(node.at("kind").get<std::string>());
        SEALDESK_CHECK(kind.has_value());  // the schema lists the kinds
        rules.push_back({node.at("id").get<std::string>(), *kind,
                         node.at("field").get<std::string>(), node.value("value", std::int64_t{0}),
                         word_or_none(node, "source"), word_or_none(node, "finding"),
                         condition_or_always(node, "when", at("/rules", i)),
                         word_or_none(node, "citation"), text_of(node.at("message")),
                         text_of(node.at("remedy"))});
    }
    return rules;
}

std::vector<Fee> parse_fees(const json& root) {
    std::vector<Fee> fees;
    const json list = root.value("fees", json::array());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        fees.push_back(parse_fee(node, condition_or_always(node, "when", at("/fees", i))));
    }
    return fees;
}

std::optional<KeyFileOnData> parse_key_file(const json& root) {
    if (!root.contains("key_file")) {
        return std::nullopt;
    }
    const json& node = root["key_file"];
    return KeyFileOnData{words_of(node, "compared"), node.at("valid_until"), node.at("rule")};
}

std::vector<Effect> parse_effects(const json& root) {
    std::vector<Effect> effects;
    const json& list = root.at("effects");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        effects.push_back({node.at("kind").get<std::string>(), word_or_none(node, "text"),
                           word_or_none(node, "source"),
                           condition_or_always(node, "when", at("/effects", i))});
    }
    return effects;
}

Form build_form(const json& root, const SchemeParts& parts) {
    Form form;
    form.id = root.at("id").get<std::string>();
    form.version = root.at("version").get<std::string>();
    form.title = text_of(root.at("title"));
    form.short_title = root.contains("short_title") ? text_of(root["short_title"]) : form.title;
    form.file_hints = words_of(root, "file_hints");
    const std::string origin = root.value("origin", "applicant");
    form.origin = origin == "register" ? Origin::Register
                  : origin == "office" ? Origin::Office
                                       : Origin::Applicant;
    form.preset_user_code = words_of(root, "preset_user_code");
    form.kinds = chosen_from(parts.kinds, root, "kinds", &ApplicantKind::key);
    if (root.contains("deliveries")) {
        form.deliveries = chosen_from(parts.deliveries, root, "deliveries", &Delivery::value);
    }
    if (root.contains("deadline")) {
        form.deadline = parse_deadline(root["deadline"], "/deadline");
    }
    const json& fields = root.at("fields");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        form.fields.push_back(parse_field(fields[i], at("/fields", i), form));
    }
    form.roles = parse_roles(root.at("roles"));
    form.seals = parse_seals(root);
    form.copies = parse_copies(root);
    form.seal_use = root.at("seal_use") == "register"  ? SealUse::Register
                    : root.at("seal_use") == "compare" ? SealUse::Compare
                                                       : SealUse::CompareIfOnFile;
    form.documents = parse_choices(root, "documents");
    form.checklist = parse_checklist(root);
    form.checks = parse_checks(root);
    form.rules = parse_rules(root);
    form.recipient = root.at("recipient") == "this_form" ? Recipient::ThisFormContact
                                                         : Recipient::RegistrationContact;
    form.fees = parse_fees(root);
    form.profiles = root.value("certificate_profiles", std::map<std::string, std::string>{});
    form.revocation_reasons =
        root.value("revocation_reasons", std::map<std::string, std::string>{});
    form.key_file = parse_key_file(root);
    form.effects = parse_effects(root);
    form.texts = texts_of(root);
    parse_counter_rules(root, parts.scheme, form);
    return form;
}

}  // namespace

Result<Form> parse_form(const YamlDocument& document, const SchemeParts& parts) {
    try {
        return build_form(document.content, parts);
    } catch (const UnknownWord& word) {
        return reference_error(document, word);
    }
}

}  // namespace sealdesk::scheme
