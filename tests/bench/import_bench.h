#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace sealdesk::bench {

/// Imports a file of `rows` forms into a fresh embedded database and, in the same run, inserts the
/// same rows bare (no reading, no rules, no audit), in chunks of the same size. Prints rows a
/// second of both, their ratio, and the peak memory. Returns an exit status.
int run_import_bench(std::int64_t rows, std::ostream& out);

}  // namespace sealdesk::bench
