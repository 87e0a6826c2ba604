#include "subscribers/repository_name.h"

#include <algorithm>

#include "base/text.h"
#include "subscribers/repository.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::size_t kComparedMax = 190;  ///< characters that the table's column holds
constexpr char32_t kFirstHan = 0x2E80;     ///< CJK Radicals Supplement: no Latin letter lies above

/// "o=…", "ou=…" or "cn=…": the value; nothing of other types.
std::string_view name_in(std::string_view part) {
    for (const std::string_view type : {"o=", "ou=", "cn="}) {
        if (part.starts_with(type)) {
            return part.substr(type.size());
        }
    }
    return {};
}

/// "O = …" as it is compared, without the backslashes by which RFC 4514 marks signs.
std::string to_part(std::string piece) {
    std::erase(piece, '\\');
    const auto equals = piece.find('=');
    return to_compared(piece.substr(0, equals)) + "=" + to_compared(piece.substr(equals + 1));
}

/// A comma that no "TYPE=" follows belongs to the value before it.
std::vector<std::string> pieces_of(std::string_view text) {
    std::vector<std::string> pieces;
    for (const std::string& piece : split(text, ',')) {
        if (pieces.empty() || piece.find('=') != std::string::npos) {
            pieces.push_back(piece);
        } else {
            pieces.back() += "," + piece;
        }
    }
    return pieces;
}

Error unfit(ErrorKind kind, std::string code, std::string detail) {
    return {kind, std::move(code), std::move(detail), {}, "S 12.2"};
}

bool is_long_enough(std::u32string_view name, bool exact) {
    const bool han = std::ranges::any_of(name, [](char32_t c) { return c >= kFirstHan; });
    return name.size() >= (exact ? 1 : han ? kPartOfNameMin : kPartOfLatinNameMin);
}

}  // namespace

std::string to_compared(std::string_view utf8) { return to_lower_ascii(trim(to_half_width(utf8))); }

std::vector<std::string> compared_parts(const crypto::Certificate& certificate) {
    std::vector<std::string> parts;
    for (const crypto::NamePart& part : certificate.subject_parts()) {
        parts.push_back(to_lower_ascii(part.type) + "=" + to_compared(part.value));
    }
    return parts;
}

std::string compared_names(const std::vector<std::string>& parts) {
    std::vector<std::string_view> names;
    std::string lines;
    for (const std::string& part : parts) {
        const std::string_view name = name_in(part);
        if (!name.empty() && std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
            lines.append(lines.empty() ? "" : "\n").append(name);
        }
    }
    return to_utf8(to_code_points(lines).substr(0, kComparedMax));
}

bool WantedName::fits(const std::vector<std::string>& subject) const {
    const auto has = [&](std::string_view wanted) {
        return std::ranges::any_of(subject, [&](const std::string& part) {
            const auto equals = wanted.find('=');
            return exact ? part == wanted
                         : part.starts_with(wanted.substr(0, equals + 1)) &&
                               part.find(wanted.substr(equals + 1)) != std::string::npos;
        });
    };
    if (!parts.empty()) {
        return std::ranges::all_of(parts, has);
    }
    return std::ranges::any_of(subject, [&](const std::string& part) {
        const std::string_view value = name_in(part);
        return exact ? value == name : value.find(name) != std::string_view::npos;
    });
}

Result<WantedName> read_wanted_name(std::string_view text, bool exact) {
    if (!is_utf8(text) || to_code_points(text).size() > kSearchTextMax) {
        return unfit(ErrorKind::Invalid, "repository.text_long",
                     "The name looked for is too long, or is no text.");
    }
    WantedName wanted{to_compared(text), {}, exact};
    if (text.find('=') != std::string_view::npos) {
        wanted.name.clear();
        for (const std::string& piece : pieces_of(text)) {
            wanted.parts.push_back(to_part(piece));
            if (wanted.name.empty()) {
                wanted.name = name_in(wanted.parts.back());
            }
        }
        if (wanted.name.empty()) {
            return unfit(ErrorKind::Refused, "repository.no_name",
                         "Name an organisation, unit or person: O=, OU= or CN=.");
        }
    }
    if (!is_long_enough(to_code_points(wanted.name), exact)) {
        return unfit(ErrorKind::Invalid, "repository.text_short",
                     "Give two characters of the name, three of a name in Latin letters.");
    }
    return wanted;
}

}  // namespace sealdesk::subscribers
