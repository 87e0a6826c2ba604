#pragma once

#include <string>
#include <vector>

#include "cli/desk.h"

namespace sealdesk::cli {

/// `request export`: the decision as a file that proves itself (requests/evidence.h).
Outcome export_request(Program& program, Desk& desk, const std::string& number,
                       std::optional<std::int64_t> version, const std::string& output);

/// `request verify --file`, which needs no desk. `trusted`: PEM files, each with one certificate or
/// several. --json, one object a file: {"file","request","version","decision","officer",
/// "signed_by","signed_at","certificate_sha256","valid","trusted_by"}.
Outcome verify_files(Program& program, const std::vector<std::string>& files,
                     const std::vector<std::string>& trusted);

}  // namespace sealdesk::cli
