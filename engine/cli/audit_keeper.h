#pragma once

#include <optional>
#include <vector>

#include "audit/checkpoint.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// The audit key (M 4.5), used for the log and what is closed on it.
struct AuditKey {
    crypto::KeyPair key;
    crypto::Certificate certificate;
};
/// Errors: those of read_password(), KeyPair::load() and Certificate::load().
[[nodiscard]] Result<AuditKey> open_audit_key(const Program& program, Desk& desk);

/// Signs the log as it stands with the desk's audit key (M 4.5). Nothing when no event is new.
/// Errors: those of open_audit_key().
[[nodiscard]] Result<std::optional<audit::Checkpoint>> seal_log(const Program& program, Desk& desk);

/// The audit key's certificates, today's and earlier ones.
[[nodiscard]] Result<std::vector<crypto::Certificate>> audit_certificates(const Desk& desk);

/// Where checkpoints are copied; carry it to another machine.
[[nodiscard]] std::filesystem::path checkpoint_copy(const Desk& desk);

}  // namespace sealdesk::cli
