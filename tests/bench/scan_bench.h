#pragma once

#include <ostream>

namespace sealdesk::bench {

/// Prints blank forms of every form of every scheme, fills them in, scans them as badly as scanners
/// do (200 to 400 dpi, turned, upside down, shifted, stretched, noise, JPEG, grey, staples, folds,
/// covered marks, blotted codes), reads them, and prints: how many were identified, frames cut out
/// right, flagged or wrong, check-boxes right, unsure or wrong, how the seals that were cut out
/// compare with their own specimen and with another, and milliseconds a page beside the limit,
/// which is decoding the picture. `pages`: at least so many. Returns 0 when nothing was wrong that
/// was not flagged, and 99 % were identified.
int run_scan_bench(int pages, std::ostream& out);

}  // namespace sealdesk::bench
