#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "intake/bundle.h"
#include "intake/columns.h"
#include "intake/encoding.h"
#include "intake/record.h"

// The kinds of data file; nothing outside this room includes it.
namespace sealdesk::intake {

/// Titles and blank lines that may stand above the headings of a table.
inline constexpr std::int64_t kHeadingRowMax = 10;

/// Records of a JSON or XML file whose names are looked at to find out the form.
inline constexpr std::int64_t kRecordsSampled = 20;

/// What open_records knows of a file before it chooses how to read it.
struct DataFile {
    std::filesystem::path path;
    std::string shown_name;
    FileSurvey survey;
};

[[nodiscard]] Result<std::unique_ptr<RecordSource>> open_csv(const DataFile& file,
                                                             const KnownForms& forms,
                                                             const SourceOptions& options);

[[nodiscard]] Result<std::unique_ptr<RecordSource>> open_json(const DataFile& file,
                                                              const KnownForms& forms,
                                                              const SourceOptions& options);

[[nodiscard]] Result<std::unique_ptr<RecordSource>> open_xlsx(const DataFile& file,
                                                              const KnownForms& forms,
                                                              const SourceOptions& options);

[[nodiscard]] Result<std::unique_ptr<RecordSource>> open_xml(const DataFile& file,
                                                             const KnownForms& forms,
                                                             const SourceOptions& options);

}  // namespace sealdesk::intake
