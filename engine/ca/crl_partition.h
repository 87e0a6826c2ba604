#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ca/profile.h"

/// Partitions of a CRL: each certificate names one of them, by its serial number, and the complete
/// CRL after it.
namespace sealdesk::ca {

/// One work file each is open while they are made.
inline constexpr int kPartitionsMax = 256;

/// The partition for a certificate to be issued under this serial number, 1 to
/// Publication::crl_partitions; 0 when there are none.
[[nodiscard]] int partition_for(const Publication& publication, std::string_view serial);

/// Where a partition is found.
[[nodiscard]] std::string partition_address(const Publication& publication, int partition);

/// The distribution points of a certificate of this serial number.
[[nodiscard]] std::vector<std::string> crl_addresses(const Publication& publication,
                                                     std::string_view serial);

/// The partition that a certificate (DER) itself names, whatever number of partitions the scheme
/// had when it was issued; 0: none.
[[nodiscard]] int partition_of(const Publication& publication, std::string_view certificate);

}  // namespace sealdesk::ca
