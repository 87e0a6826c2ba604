#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "subscribers/certificate.h"

namespace sealdesk::subscribers {

/// How far the sweep of a scheme has come: behind which certificate, in the order of issue.
struct SweepMark {
    Instant issued_at;
    std::int64_t last_id;
    friend bool operator==(const SweepMark&, const SweepMark&) = default;
};

/// A certificate with the moment at which it was issued, by our own record.
struct IssuedAt {
    Certificate certificate;
    Instant issued_at;
};

[[nodiscard]] std::optional<SweepMark> sweep_mark(store::Tx& tx, std::string_view scheme);

/// Certificates behind the mark (none: from the first), issued before `until`, in the order of
/// their issue, at most `limit`. The cost grows with these, not with all there are.
[[nodiscard]] std::vector<IssuedAt> unswept(store::Tx& tx, std::string_view scheme,
                                            const std::optional<SweepMark>& mark, Instant until,
                                            int limit);

/// Moves the mark that was seen; false when another sweep was faster.
bool move_sweep_mark(store::Tx& tx, std::string_view scheme, const std::optional<SweepMark>& seen,
                     const SweepMark& next);

}  // namespace sealdesk::subscribers
