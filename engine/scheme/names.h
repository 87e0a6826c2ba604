#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheme/scheme.h"

namespace sealdesk::scheme {

/// The form in which headings, choices and document names are compared: half-width, lower case,
/// without blanks and the signs people leave out or add (`-_.:*'/` and their full-width twins),
/// 臺 as 台, 份 in 身份證 as 分. "E-Mail：" and "email" are one name.
[[nodiscard]] std::string fold_name(std::string_view utf8);

/// Without what stands in brackets at the end: "出生日期（民國）" → "出生日期".
[[nodiscard]] std::string without_note(std::string_view utf8);

/// True when `written` names the choice: by value, label in either language, or alias.
[[nodiscard]] bool names_choice(const Choice& choice, std::string_view folded);

[[nodiscard]] std::optional<FieldType> field_type_from(std::string_view name);
[[nodiscard]] std::optional<IdType> id_type_from(std::string_view name);
[[nodiscard]] std::optional<RuleKind> rule_kind_from(std::string_view name);
[[nodiscard]] std::optional<Channel> channel_from(std::string_view name);

}  // namespace sealdesk::scheme
