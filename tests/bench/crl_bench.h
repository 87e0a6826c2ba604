#pragma once

#include <cstdint>
#include <iosfwd>

namespace sealdesk::bench {

/// A complete CRL of this many entries from rows of the embedded database: CPU seconds, peak memory
/// above the process' own; beside it the limit of the same run (reading the rows, SHA-256 over the
/// file twice, copying it), and `openssl ca -gencrl` on the same entries. Returns an exit status.
int run_crl_bench(std::int64_t entries, std::ostream& out);

}  // namespace sealdesk::bench
