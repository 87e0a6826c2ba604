#pragma once

#include <iosfwd>

namespace sealdesk::bench {

/// Makes so many slips as the desk does, with database, encryption and disk, in batches of 1,000;
/// says pages a second of CPU, and the peak of memory after the first batch and after the last.
/// Returns 1 when it grew by more than a tenth.
int run_print_run_bench(int slips, std::ostream& out);

}  // namespace sealdesk::bench
