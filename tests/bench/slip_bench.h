#pragma once

#include <ostream>

namespace sealdesk::bench {

/// Renders `slips` account slips (two pages each) as one batch, and prints pages a second of CPU
/// time. Then: the whole making of a slip (password, verifier, pages, encryption to the print
/// room), e-delivered slips beside the key derivation that each of them needs, and the peak memory.
/// Returns 0 when a batch makes 10,000 pages and e-delivery 250 slips a second.
int run_slip_bench(int slips, std::ostream& out);

}  // namespace sealdesk::bench
