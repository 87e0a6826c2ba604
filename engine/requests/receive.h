#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "intake/evaluate.h"
#include "intake/fates.h"
#include "intake/intake_store.h"
#include "requests/office.h"
#include "requests/register_view.h"

namespace sealdesk::requests {

/// What the rows of one import share.
struct Reception {
    const scheme::Scheme& scheme;
    const scheme::Form& form;
    std::string file;              ///< as shown to the clerk
    std::optional<BatchId> batch;  ///< none: a dry run, nothing is written
    std::string by;                ///< login of who keyed the forms
};

/// Takes in one chunk of judged records (at most intake::kChunkRows): the register's rules, then
/// submissions, requests with their checks, scans and audit events in one transaction. A row that
/// was filed before keeps its fate and number, and nothing is written for it. Scans of accepted
/// rows are in the desk's files before the transaction begins.
[[nodiscard]] std::vector<intake::Fate> receive_chunk(const Office& office,
                                                      const Reception& reception,
                                                      std::vector<intake::Draft>& drafts,
                                                      DryRunMemory& dry_run);

}  // namespace sealdesk::requests
