#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "intake/bundle.h"
#include "requests/outlook.h"
#include "requests/registry.h"

namespace sealdesk::requests {

/// A row as it is shown: how it ended, and of a proposal what it would do.
struct RowReport {
    std::string file;
    std::int64_t row = 0;
    std::string record;  ///< the register's own number of the change
    RowFate fate = RowFate::NotOurs;
    std::string id_number;     ///< of the entity
    std::string name;          ///< as the row names it
    std::string change;        ///< value of the form's role `ground`
    std::string request;       ///< number of a proposal
    std::string duplicate_of;  ///< request or batch that has the row already
    /// Number of the entity's open application, when it has one but no certificate yet: the
    /// officer who examines it should know of the change.
    std::string application;
    std::vector<Outlook> outlooks;
    std::vector<intake::Reason> reasons;
};

struct RegistryOptions {
    bool dry_run = false;           ///< shows what would come of it and touches nothing
    intake::SourceOptions source;   ///< its origin is Register
    std::string by;                 ///< login of who imports
    std::filesystem::path scratch;  ///< where a ZIP may be unpacked
    std::function<void(const RowReport&)> on_row;  ///< all but rows of others without application
    std::function<void(const std::string&)> on_note;
    Watch watch = {};  ///< told after each chunk of rows
    Language language = Language::Chinese;
};

/// What a file came to. The counts are those of the whole batch, also when most of it was taken in
/// before.
struct RegistrySummary {
    std::string batch;  ///< its number; empty of a dry run
    std::int64_t rows = 0;
    std::map<RowFate, std::int64_t> fates;
    std::map<Foresight, std::int64_t> certificates;  ///< what proposals would do with them
    std::int64_t entities = 0;  ///< that proposals are about; a repeated file's: 0
    bool stopped = false;       ///< as the watch asked: the same file again goes on
    bool repeated = false;      ///< the whole file was taken in before; nothing was changed
};

/// Takes in one file of a form among `schemes` (CSV or JSON; encodings, number rules and row
/// troubles as in import). A bad row never stops the others; a chunk is one transaction
/// ("registry.chunk"), so a crash loses nothing and the same file again goes on where it stopped,
/// or changes nothing. Memory does not grow with rows of others. Errors: those of open_bundle() and
/// open_records(); (Conflict) registry.busy when somebody else imports the same file.
[[nodiscard]] Result<RegistrySummary> import_registry_file(
    const Office& office, const std::vector<scheme::Scheme>& schemes,
    const std::filesystem::path& file, const RegistryOptions& options);

}  // namespace sealdesk::requests
