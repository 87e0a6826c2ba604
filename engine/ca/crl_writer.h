#pragma once

#include <filesystem>
#include <optional>

#include "ca/authority.h"
#include "ca/ca_client.h"
#include "ca/ca_store.h"
#include "ca/profile.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// What is issued under one number: the complete CRL and, of the same moment, its partitions and a
/// delta CRL, as the scheme has them. RFC 5280 §5.2.3 numbers each scope by itself; one sequence
/// serves all, as §5.2.4 wants it for a complete CRL and its delta.
struct CrlSet {
    CrlInfo crl;     ///< number and times
    Instant oldest;  ///< certificates whose validity ended before are left out (RFC 5280 §3.3)
    BaseCrl base;
    int partitions = 0;
    std::filesystem::path folder;
};

/// Their files in `folder`: "crl-12.crl", "partition-3-12.crl", "delta-12.crl".
[[nodiscard]] std::filesystem::path crl_file(const std::filesystem::path& folder,
                                             std::int64_t number);
[[nodiscard]] std::filesystem::path partition_file(const std::filesystem::path& folder,
                                                   int partition, std::int64_t number);
[[nodiscard]] std::filesystem::path delta_file(const std::filesystem::path& folder,
                                               std::int64_t number);

/// Writes them durably and returns the complete one with entries, sha256 and file. A complete CRL
/// and its delta bear the CA's name, and relying parties may take them for any certificate under
/// that name, whichever of the CA's keys signed it: they list those of all its keys (RFC 5280
/// §5.2.5). A partition lists those that name it. Entries are read once, front to end, and streamed
/// in two passes over a work file a list, so memory stays flat. Every signature is verified before
/// its file is complete.
[[nodiscard]] CrlInfo write_crls(store::Database& database, const Authority& authority,
                                 const Publication& publication, const CrlSet& set);

}  // namespace sealdesk::ca
