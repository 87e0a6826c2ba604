#include <nlohmann/json.hpp>

#include "intake/evaluate.h"

namespace sealdesk::intake {

namespace {

using nlohmann::json;

json parse_stored(std::string_view text) {
    json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) {
        throw_internal("intake.bad_payload", "a stored JSON text cannot be read");
    }
    return parsed;
}

std::string text_in(const json& node, const char* key) {
    const auto found = node.find(key);
    return found != node.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json parse_list(std::string_view text) {
    json list = parse_stored(text);
    if (!list.is_array()) {
        throw_internal("intake.bad_payload", "a stored JSON list is not one");
    }
    return list;
}

}  // namespace

scheme::Values values_of(std::string_view payload) {
    const json parsed = parse_stored(payload);
    if (!parsed.is_object()) {
        throw_internal("intake.bad_payload", "a stored payload is not a JSON object");
    }
    scheme::Values values;
    for (const auto& [key, node] : parsed.items()) {
        if (node.is_string()) {
            values[key] = node.get<std::string>();
        } else if (node.is_array()) {
            std::string joined;
            for (const json& part : node) {
                joined.append(joined.empty() ? 0 : 1, ';');
                joined.append(part.get_ref<const std::string&>());
            }
            values[key] = joined;
        }
    }
    return values;
}

std::vector<std::string> documents_of(std::string_view payload) {
    const json parsed = parse_stored(payload);
    for (const auto& node : parsed) {
        if (node.is_array()) {
            return node.get<std::vector<std::string>>();
        }
    }
    return {};
}

std::string findings_to_json(const std::vector<Finding>& findings) {
    json list = json::array();
    for (const Finding& finding : findings) {
        list.push_back({{"check", finding.check},
                        {"code", finding.code},
                        {"field", finding.field},
                        {"rule", finding.citation},
                        {"zh", finding.message.zh},
                        {"en", finding.message.en}});
    }
    return list.dump();
}

std::vector<Finding> findings_from_json(std::string_view text) {
    std::vector<Finding> findings;
    for (const json& node : parse_list(text)) {
        findings.push_back({text_in(node, "check"),
                            text_in(node, "code"),
                            text_in(node, "field"),
                            text_in(node, "rule"),
                            {text_in(node, "zh"), text_in(node, "en")}});
    }
    return findings;
}

std::string reasons_to_json(const std::vector<Reason>& reasons) {
    json list = json::array();
    for (const Reason& reason : reasons) {
        list.push_back({{"code", reason.code},
                        {"rule", reason.citation},
                        {"field", reason.field},
                        {"zh", reason.message.zh},
                        {"en", reason.message.en}});
    }
    return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<Reason> reasons_from_json(std::string_view text) {
    std::vector<Reason> reasons;
    for (const json& node : parse_list(text)) {
        reasons.push_back({text_in(node, "code"),
                           text_in(node, "rule"),
                           text_in(node, "field"),
                           {text_in(node, "zh"), text_in(node, "en")}});
    }
    return reasons;
}

}  // namespace sealdesk::intake
