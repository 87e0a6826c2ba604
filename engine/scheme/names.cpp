#include "scheme/names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk::scheme {

namespace {

template <class Enum>
using NameTable = std::pair<Enum, std::string_view>;

constexpr std::array<NameTable<FieldType>, 16> kFieldTypeNames{{
    {FieldType::RecordNumber, "record_number"},
    {FieldType::Text, "text"},
    {FieldType::Name, "name"},
    {FieldType::IdNumber, "id_number"},
    {FieldType::Date, "date"},
    {FieldType::Phone, "phone"},
    {FieldType::PostalCode, "postal_code"},
    {FieldType::Address, "address"},
    {FieldType::Email, "email"},
    {FieldType::Choice, "choice"},
    {FieldType::Number, "number"},
    {FieldType::YesNo, "yes_no"},
    {FieldType::Documents, "documents"},
    {FieldType::Scan, "scan"},
    {FieldType::CertificateSerial, "certificate_serial"},
    {FieldType::UserCode, "user_code"},
}};

constexpr std::array<NameTable<IdType>, 6> kIdTypeNames{{
    {IdType::NationalId, "national_id"},
    {IdType::ResidentId, "resident_id"},
    {IdType::Passport, "passport"},
    {IdType::Ubn, "ubn"},
    {IdType::ForeignNumber, "foreign_number"},
    {IdType::NameReservation, "name_reservation"},
}};

constexpr std::array<NameTable<RuleKind>, 16> kRuleKindNames{{
    {RuleKind::MinAge, "min_age"},
    {RuleKind::MinNumber, "min_number"},
    {RuleKind::MinEntries, "min_entries"},
    {RuleKind::MustBeYes, "must_be_yes"},
    {RuleKind::MustBeNo, "must_be_no"},
    {RuleKind::Needed, "needed"},
    {RuleKind::SubscriberExists, "subscriber_exists"},
    {RuleKind::NotRegistered, "not_registered"},
    {RuleKind::OneOpenRequest, "one_open_request"},
    {RuleKind::CertificateAlive, "certificate_alive"},
    {RuleKind::CertificateHeld, "certificate_held"},
    {RuleKind::CertificateNamed, "certificate_named"},
    {RuleKind::Forbidden, "forbidden"},
    {RuleKind::PrimaryTokenFree, "primary_token_free"},
    {RuleKind::PrimaryTokenExists, "primary_token_exists"},
    {RuleKind::TokenAtCounter, "token_at_counter"},
}};

constexpr std::array<NameTable<Channel>, 3> kChannelNames{{
    {Channel::Counter, "counter"},
    {Channel::Post, "post"},
    {Channel::Electronic, "electronic"},
}};

template <class Table, class Enum>
std::string_view name_in(const Table& table, Enum wanted) {
    const auto found =
        std::ranges::find_if(table, [&](const auto& entry) { return entry.first == wanted; });
    SEALDESK_CHECK(found != table.end());
    return found->second;
}

template <class Enum, class Table>
std::optional<Enum> value_in(const Table& table, std::string_view name) {
    const auto found =
        std::ranges::find_if(table, [&](const auto& entry) { return entry.second == name; });
    if (found == table.end()) {
        return std::nullopt;
    }
    return found->first;
}

/// Signs that people add or leave out in a heading.
bool is_ignored_sign(char32_t c) {
    constexpr std::u32string_view signs = U" \t\r\n-_.:;*'/\"·‧、。・　﹕：";
    return signs.find(c) != std::u32string_view::npos;
}

}  // namespace

std::string_view name_of(IdType type) { return name_in(kIdTypeNames, type); }
std::string_view name_of(FieldType type) { return name_in(kFieldTypeNames, type); }
std::string_view name_of(RuleKind kind) { return name_in(kRuleKindNames, kind); }
std::string_view name_of(Channel channel) { return name_in(kChannelNames, channel); }

std::optional<FieldType> field_type_from(std::string_view name) {
    return value_in<FieldType>(kFieldTypeNames, name);
}
std::optional<IdType> id_type_from(std::string_view name) {
    return value_in<IdType>(kIdTypeNames, name);
}
std::optional<RuleKind> rule_kind_from(std::string_view name) {
    return value_in<RuleKind>(kRuleKindNames, name);
}
std::optional<Channel> channel_from(std::string_view name) {
    return value_in<Channel>(kChannelNames, name);
}

std::string fold_name(std::string_view utf8) {
    const std::u32string points = to_code_points(to_lower_ascii(to_half_width(utf8)));
    std::u32string kept;
    kept.reserve(points.size());
    for (const char32_t c : points) {
        if (is_ignored_sign(c)) {
            continue;
        }
        if (c == U'臺') {
            kept.push_back(U'台');
        } else if (c == U'份' && !kept.empty() && kept.back() == U'身') {
            kept.push_back(U'分');
        } else {
            kept.push_back(c);
        }
    }
    return to_utf8(kept);
}

std::string without_note(std::string_view utf8) {
    const std::u32string points = to_code_points(to_half_width(utf8));
    const std::size_t open = points.find(U'(');
    const std::size_t close = points.rfind(U')');
    if (open == std::u32string::npos || open == 0 || close == std::u32string::npos ||
        close < open ||
        !std::all_of(points.begin() + static_cast<std::ptrdiff_t>(close) + 1, points.end(),
                     is_ignored_sign)) {
        return std::string(utf8);
    }
    return trim(to_utf8(std::u32string_view(points).substr(0, open)));
}

bool names_choice(const Choice& choice, std::string_view folded) {
    if (folded == fold_name(choice.value) || folded == fold_name(choice.label.zh) ||
        folded == fold_name(choice.label.en)) {
        return true;
    }
    return std::ranges::any_of(
        choice.aliases, [&](const std::string& alias) { return folded == fold_name(alias); });
}

}  // namespace sealdesk::scheme
