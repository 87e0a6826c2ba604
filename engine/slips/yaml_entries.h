#pragma once

// Inside of slips/ only: the entries of a hand-edited file, each read with its place.

#include <optional>
#include <set>
#include <string>

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "paper/page.h"

namespace sealdesk::slips {

/// Reads entries of one YAML file. The first error is kept, with file and line; after it every
/// function returns something harmless, so that the caller looks once, at the end.
class YamlEntries {
public:
    explicit YamlEntries(std::string file) : file_(std::move(file)) {}

    void fail(int line, std::string code, std::string detail);
    /// The same with code template.shape.
    void fail_shape(const YAML::Node& node, std::string detail);
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    [[nodiscard]] static int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

    /// Refuses what is not a map, and keys that are not known or come twice.
    void check_keys(const YAML::Node& map, const std::set<std::string>& known);

    /// A text in UTF-8 without the newline that YAML's block form adds; empty when absent.
    std::string text_of(const YAML::Node& map, const char* key, bool required);
    double number_of(const YAML::Node& node, double low, double high);
    double number_of(const YAML::Node& map, const char* key, double otherwise, double low,
                     double high);
    bool flag_of(const YAML::Node& map, const char* key);
    /// The entry "colour", written "#rrggbb".
    paper::Colour colour_of(const YAML::Node& map, paper::Colour otherwise);

private:
    std::string file_;
    std::optional<Error> error_;
};

}  // namespace sealdesk::slips
