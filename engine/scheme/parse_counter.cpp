#include "scheme/parse_counter.h"

#include <set>

#include "scheme/parse_words.h"

namespace sealdesk::scheme {
namespace {

using nlohmann::json;

/// "08:30" after midnight; the schema has checked its shape.
std::chrono::minutes time_of_day(const json& node) {
    const std::string text = node.get<std::string>();
    return std::chrono::minutes(std::stoi(text.substr(0, 2)) * 60 + std::stoi(text.substr(3, 2)));
}

void add_deficiencies(const json& root, std::vector<Deficiency>& list) {
    for (const json& node : root.value("deficiencies", json::array())) {
        list.push_back({node.at("key").get<std::string>(), text_of(node.at("text")),
                        word_or_none(node, "rule")});
    }
}

std::optional<ReturnPeriod> return_period_of(const json& root) {
    if (!root.contains("return_days")) {
        return std::nullopt;
    }
    const json& node = root.at("return_days");
    const bool working = node.contains("working_days");
    return ReturnPeriod{working ? ReturnPeriod::Unit::WorkingDays : ReturnPeriod::Unit::Days,
                        node.at(working ? "working_days" : "days").get<std::int64_t>(),
                        node.value("remind_before", std::int64_t{0}),
                        node.at("rule").get<std::string>()};
}

RefundRule refund_rule_of(const json& root) {
    if (!root.contains("refunds")) {
        return {};
    }
    const json& node = root.at("refunds");
    return {node.at("until") == "used" ? RefundRule::Until::Used : RefundRule::Until::HandedIn,
            node.at("rule").get<std::string>()};
}

}  // namespace

Fee parse_fee(const json& node, Condition when) {
    return {node.at("item").get<std::string>(),
            text_of(node.at("label")),
            node.at("amount_twd").get<std::int64_t>(),
            word_or_none(node, "per"),
            std::move(when),
            word_or_none(node, "rule"),
            node.value("material", false)};
}

void parse_counter_rules(const json& root, Scheme& scheme) {
    if (root.contains("office_hours")) {
        const json& hours = root.at("office_hours");
        scheme.office_hours =
            OfficeHours{time_of_day(hours.at("open")), time_of_day(hours.at("close"))};
    }
    add_deficiencies(root, scheme.deficiencies);
    scheme.return_period = return_period_of(root);
    for (const json& node : root.value("fees", json::array())) {
        scheme.fees.push_back(parse_fee(node, {}));
    }
    scheme.refunds = refund_rule_of(root);
}

void parse_counter_rules(const json& root, const Scheme& scheme, Form& form) {
    form.deficiencies = scheme.deficiencies;
    add_deficiencies(root, form.deficiencies);
    form.return_period = return_period_of(root);
    if (!form.return_period) {
        form.return_period = scheme.return_period;
    }
    form.double_keyed = words_of(root, "double_keyed");
}

Outcome check_counter_references(const YamlDocument& document, const Form& form) {
    std::set<std::string> keys;
    for (const Deficiency& deficiency : form.deficiencies) {
        if (!keys.insert(deficiency.key).second) {
            return Error{ErrorKind::Invalid,
                         "scheme.repeated_name",
                         "the deficiency `" + deficiency.key + "` is here twice, or in scheme.yaml",
                         document.where("/deficiencies"),
                         {}};
        }
    }
    for (std::size_t i = 0; i < form.double_keyed.size(); ++i) {
        const Field* field = form.find_field(form.double_keyed[i]);
        if (field == nullptr || field->type == FieldType::Scan) {
            return Error{ErrorKind::Invalid,
                         "scheme.reference",
                         "the form has no field `" + form.double_keyed[i] + "` that can be keyed",
                         document.where("/double_keyed/" + std::to_string(i)),
                         {}};
        }
    }
    return done();
}

}  // namespace sealdesk::scheme
