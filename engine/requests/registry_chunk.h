#pragma once

#include <set>
#include <vector>

#include "intake/evaluate.h"
#include "requests/office.h"
#include "requests/register_view.h"
#include "requests/registry_import.h"

// One chunk of a register's file; nothing outside this room includes it.
namespace sealdesk::requests {

/// What the rows of one file share.
struct RegistryReception {
    const scheme::Scheme& scheme;
    const scheme::Form& form;
    std::string file;
    std::string by;
};

/// What a dry run, which writes nothing, remembers from chunk to chunk.
struct RegistryDryRun {
    DryRunMemory opened;
    std::set<std::string> row_keys;
};

/// What a chunk came to.
struct RegistryChunk {
    std::vector<RowReport> reports;  ///< one a row
    std::vector<RegistryRow> kept;
    std::vector<NewRequest> requests;
};

/// Judges the rows and, with a batch, files them: its counts, the rows that are kept, requests
/// with their checks, and audit events. `batch` is as it was seen; `last_row` where the chunk ends.
/// Error (Conflict): registry.busy.
[[nodiscard]] Result<RegistryChunk> take_registry_chunk(store::Tx& tx, const Office& office,
                                                        const RegistryReception& reception,
                                                        const std::optional<RegistryBatch>& batch,
                                                        std::span<const intake::Draft> drafts,
                                                        const RegistryDryRun& dry_run);

}  // namespace sealdesk::requests
