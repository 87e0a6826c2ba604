#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/columns.h"
#include "intake/record.h"

// What records of named members (JSON, XML) have in common; nothing outside this room includes it.
namespace sealdesk::intake {

using Members = std::vector<std::pair<std::string, std::string>>;

/// An empty record of the form.
void start_record(Record& record, std::int64_t row, const scheme::Form& form);

/// Puts members into the fields they name, as far as they can be read. A second one for the same
/// field (`repeated`), or another version of the form (form.version), is the record's trouble.
void take_members(Record& record, const Members& members, const HeadingNames& names,
                  const scheme::Form& form, std::string_view repeated);

/// Bytes that identify a record that cannot be read, at most kRawBytesMax.
[[nodiscard]] std::string raw_of(const Members& members);

}  // namespace sealdesk::intake
