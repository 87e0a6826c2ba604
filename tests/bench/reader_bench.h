#pragma once

#include <cstdint>
#include <iosfwd>

namespace sealdesk::bench {

/// Reads and judges the same `rows` forms from a CSV, an XLSX as Excel saves it (shared texts), one
/// as programs stream it (texts in the cells) and an XML, each in a process of its own. Prints rows
/// a second and the peak memory of each. Returns an exit status.
int run_reader_bench(std::int64_t rows, std::ostream& out);

}  // namespace sealdesk::bench
