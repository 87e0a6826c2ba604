#pragma once

#include <filesystem>

#include "ca/authority.h"
#include "ca/ca_client.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// Writes the complete CRL announced by `crl` (number and times) to `file`, durably, and fills in
/// entries and sha256. Entries are held and revoked certificates whose validity ends at `oldest`
/// or later: a certificate stays on one CRL beyond its end (RFC 5280 §3.3). They are streamed in
/// two passes over a file beside it, so memory stays flat. The signature is verified before the
/// file is complete.
[[nodiscard]] CrlInfo write_crl(store::Database& database, const Authority& authority, CrlInfo crl,
                                Instant oldest, const std::filesystem::path& file);

}  // namespace sealdesk::ca
