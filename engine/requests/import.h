#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/progress.h"
#include "intake/bundle.h"
#include "intake/fates.h"
#include "requests/office.h"

namespace sealdesk::requests {

/// How an import runs.
struct ImportOptions {
    bool dry_run = false;  ///< shows the fates and touches nothing
    intake::SourceOptions source;
    std::string by;                          ///< login of who keyed the forms
    std::filesystem::path scratch;           ///< where a ZIP may be unpacked
    std::filesystem::path results_fallback;  ///< for result files when the input's folder is closed
    Language language = Language::Chinese;
    bool workbook = false;  ///< also `<file>.result.xlsx`: the rows as keyed, marked
    std::function<void(const intake::Fate&)> on_fate;  ///< each row, in order
    std::function<void(const std::string&)> on_note;   ///< warnings, where results went
    Watch watch = {};                                  ///< told after each chunk of rows
};

/// How many rows ended how.
struct ImportSummary {
    std::int64_t files = 0;
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicate = 0;
    std::int64_t repeated = 0;  ///< of all these: imported before, nothing changed
    bool stopped = false;       ///< as the watch asked: the rest is not read yet

    [[nodiscard]] std::int64_t rows() const { return accepted + refused + duplicate; }
    [[nodiscard]] bool all_accepted() const { return refused == 0; }
};

/// Takes in the files, folders and ZIPs: registrations before the forms that need them, whatever
/// the files are called. A bad row or file never stops the others. Each chunk is one transaction
/// ("import.chunk"), so that a crash loses nothing and a repeat adds nothing; memory does not grow
/// with the files. One that was stopped goes on when the same files are imported again.
ImportSummary import_paths(const Office& office, std::span<const std::filesystem::path> paths,
                           const ImportOptions& options);

}  // namespace sealdesk::requests
