#pragma once

#include <cstdint>
#include <iosfwd>

namespace sealdesk::bench {

/// Tells the subscribers of 500 certificates that they end, once among 10,000 certificates and once
/// among `certificates`, each on a fresh embedded database; prints both times. A night's work grows
/// with what is due, not with what there is: returns 1 when the second takes more than twice as
/// long.
int run_night_bench(std::int64_t certificates, std::ostream& out);

}  // namespace sealdesk::bench
