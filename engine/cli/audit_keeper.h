#pragma once

#include <optional>
#include <vector>

#include "audit/checkpoint.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// Signs the log as it stands with the desk's audit key (M 4.5). Nothing when no event is new.
/// Errors: those of read_password(), KeyPair::load() and Certificate::load().
[[nodiscard]] Result<std::optional<audit::Checkpoint>> seal_log(const Program& program, Desk& desk);

/// The audit key's certificates, today's and earlier ones.
[[nodiscard]] Result<std::vector<crypto::Certificate>> audit_certificates(const Desk& desk);

/// Where checkpoints are copied; carry it to another machine.
[[nodiscard]] std::filesystem::path checkpoint_copy(const Desk& desk);

}  // namespace sealdesk::cli
