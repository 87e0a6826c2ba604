#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace sealdesk::scheme {

/// A definition file is written by hand: larger than this it is something else.
inline constexpr std::uintmax_t kYamlBytesMax = std::uintmax_t{1024} * 1024;
inline constexpr int kYamlDepthMax = 32;

/// A YAML file as JSON, with the line of every node, so that whatever is found wrong later can be
/// pointed at. Plain `true`/`false` are booleans, plain whole numbers are numbers, everything else
/// is text (`yes` and `no` too). Anchors, aliases, tags, empty values and several documents in one
/// file are refused: a definition should read as it is written.
// The JSON library checks its own invariants in a move that is declared not to throw.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct YamlDocument {
    std::filesystem::path file;
    std::string bytes;
    nlohmann::json content;
    std::map<std::string, int> lines;  ///< JSON pointer → line, from 1

    /// "forms/x/scheme.yaml:12" for a JSON pointer, or for the nearest node above it.
    [[nodiscard]] std::string where(std::string_view pointer) const;
};

/// Errors (Invalid; `where` = "file:line"): scheme.no_such_file, scheme.not_yaml,
/// scheme.repeated_key, scheme.too_large.
[[nodiscard]] Result<YamlDocument> read_yaml(const std::filesystem::path& file);

/// A key as a part of a JSON pointer (RFC 6901 §3: `~` and `/` escaped).
[[nodiscard]] std::string pointer_part(std::string_view key);

/// Checks the document against a JSON schema (draft 7). Errors: scheme.shape (`where` names the
/// line of the fault), scheme.no_such_file and scheme.bad_schema for the schema itself.
[[nodiscard]] Outcome check_shape(const YamlDocument& document,
                                  const std::filesystem::path& schema_file);

}  // namespace sealdesk::scheme
