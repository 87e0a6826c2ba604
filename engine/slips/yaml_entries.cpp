#include "slips/yaml_entries.h"

#include <cmath>

#include "base/text.h"

namespace sealdesk::slips {
namespace {

std::string short_number(double number) { return std::to_string(static_cast<long long>(number)); }

}  // namespace

void YamlEntries::fail(int line, std::string code, std::string detail) {
    if (!error_) {
        error_ = Error{ErrorKind::Invalid,
                       std::move(code),
                       std::move(detail),
                       file_ + ":" + std::to_string(line),
                       {}};
    }
}

void YamlEntries::fail_shape(const YAML::Node& node, std::string detail) {
    fail(line_of(node), "template.shape", std::move(detail));
}

void YamlEntries::check_keys(const YAML::Node& map, const std::set<std::string>& known) {
    if (!map.IsMap()) {
        fail_shape(map, "A list of \"key: value\" entries is expected here.");
        return;
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (!known.contains(key)) {
            fail_shape(entry.first, "\"" + key + "\" is not known here.");
        }
        if (!seen.insert(key).second) {
            fail(line_of(entry.first), "template.repeated_key", "\"" + key + "\" comes twice.");
        }
    }
}

std::string YamlEntries::text_of(const YAML::Node& map, const char* key, bool required) {
    const YAML::Node node = map[key];
    if (!node.IsDefined()) {
        if (required) {
            fail_shape(map, std::string("\"") + key + "\" is missing.");
        }
        return {};
    }
    if (!node.IsScalar()) {
        fail_shape(node, std::string("\"") + key + "\" takes one text.");
        return {};
    }
    std::string text = node.as<std::string>();
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();  // what YAML's block form adds
    }
    if (!is_utf8(text)) {
        fail_shape(node, std::string("\"") + key + "\" is not UTF-8.");
        return {};
    }
    return text;
}

double YamlEntries::number_of(const YAML::Node& node, double low, double high) {
    double number = 0;
    const bool readable = node.IsScalar() && YAML::convert<double>::decode(node, number);
    if (!readable || !std::isfinite(number) || number < low || number > high) {
        fail_shape(node, "A number from " + short_number(low) + " to " + short_number(high) +
                             " is expected here.");
        return low;
    }
    return number;
}

double YamlEntries::number_of(const YAML::Node& map, const char* key, double otherwise, double low,
                              double high) {
    return map[key].IsDefined() ? number_of(map[key], low, high) : otherwise;
}
bool YamlEntries::flag_of(const YAML::Node& map, const char* key) {
    bool flag = false;
    if (map[key].IsDefined() && !YAML::convert<bool>::decode(map[key], flag)) {
        fail_shape(map[key], "true or false is expected here.");
    }
    return flag;
}

paper::Colour YamlEntries::colour_of(const YAML::Node& map, paper::Colour otherwise) {
    if (!map["colour"].IsDefined()) {
        return otherwise;
    }
    const std::string text = text_of(map, "colour", true);
    const bool is_hex = text.size() == 7 && text[0] == '#' &&
                        text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (!is_hex) {
        fail_shape(map["colour"], "A colour is written \"#rrggbb\".");
        return otherwise;
    }
    const auto part = [&](std::size_t at) {
        return double(std::stoi(text.substr(at, 2), nullptr, 16)) / 255;
    };
    return {part(1), part(3), part(5)};
}

}  // namespace sealdesk::slips
