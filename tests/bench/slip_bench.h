#pragma once

#include <ostream>

namespace sealdesk::bench {

/// Renders `slips` account slips (two pages each) as one batch, ours and by plain cairo and pango
/// drawing the same elements of the same template, in turns, and prints slips a second of CPU
/// time and the ratios. Two plain renderings: each page drawn anew, and with the fixed part as a
/// recording drawn once, which is the limit of the library (notes/slips.md A.2 b and b').
/// Then: the whole making of a slip (password, verifier, pages, encryption to the print room),
/// e-delivered slips, and the peak memory. Returns 0 when ours reaches half of both limits.
int run_slip_bench(int slips, std::ostream& out);

}  // namespace sealdesk::bench
