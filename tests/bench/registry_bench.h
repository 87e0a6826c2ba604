#pragma once

#include <cstdint>
#include <iosfwd>

namespace sealdesk::bench {

/// Takes in a change file of the register with `rows` rows, of which one in a thousand is about a
/// subscriber, on a fresh embedded database; and, in the same run, only reads and judges the same
/// rows (no database). Prints rows a second of both and the peak memory. Returns an exit status.
int run_registry_bench(std::int64_t rows, std::ostream& out);

}  // namespace sealdesk::bench
