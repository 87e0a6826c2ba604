#pragma once

#include <cstdint>
#include <iosfwd>

namespace sealdesk::bench {

/// Signed orders for `certificates` certificates in full batches, through the desk of orders, with
/// the check before signing and durable storage, beside bare signatures of the same key; OCSP
/// answers signed ahead, read back. CPU seconds of one core. Prints rates, ratios and the peak
/// memory. Returns an exit status.
int run_ca_bench(std::int64_t certificates, std::ostream& out);

}  // namespace sealdesk::bench
