#include "intake/member_record.h"

#include <algorithm>

namespace sealdesk::intake {

namespace {

void spoil_record(Record& record, std::string_view code, std::string field) {
    if (!record.trouble) {
        record.trouble = row_trouble(code);
        record.trouble->field = std::move(field);
    }
}

}  // namespace

void start_record(Record& record, std::int64_t row, const scheme::Form& form) {
    record.row = row;
    record.cells.assign(form.fields.size(), {});
    record.forms.clear();
    record.unknown.clear();
    record.trouble.reset();
    record.raw.clear();
}

void take_members(Record& record, const Members& members, const HeadingNames& names,
                  const scheme::Form& form, std::string_view repeated) {
    std::vector<bool> taken(form.fields.size());
    for (const auto& [key, value] : members) {
        const auto field = names.find(key);
        if (!field) {
            record.unknown.push_back(key);
        } else if (*field == HeadingNames::kVersion) {
            if (!trim(value).empty() && !is_version_of(form, value)) {
                spoil_record(record, "form.version", "form_version");
            }
        } else if (taken[*field]) {
            spoil_record(record, repeated, form.fields[*field].key);
        } else {
            taken[*field] = true;
            record.cells[*field] = value;
        }
    }
}

std::string raw_of(const Members& members) {
    std::string raw;
    for (const auto& [key, value] : members) {
        raw.append(key).append("=").append(value.substr(0, kRawBytesMax)).append("\n");
        if (raw.size() >= kRawBytesMax) {
            break;
        }
    }
    return raw.substr(0, kRawBytesMax);
}

}  // namespace sealdesk::intake
