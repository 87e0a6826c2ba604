#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "effects/works.h"
#include "jobs/due_jobs.h"

namespace sealdesk::jobs {

/// The first moment that belongs to no certificate of this stage yet: those that end before it are
/// in it, or further. Midnight in Taipei (stages count days by the calendar).
[[nodiscard]] Instant stage_reaches(const scheme::ExpiryStage& stage,
                                    std::chrono::year_month_day today);

/// Tells subscribers that their certificates end, each at the stage it is in today (T 4.4.2, P 4):
/// one whose earlier stages were missed is told of the present one only. Nothing is said of a
/// certificate that is revoked, replaced or applied for again. Each certificate and stage is kept
/// once by a UNIQUE key, whatever workers do and whenever they die. The count is of certificates
/// told. Units of work: "expiry.search" (200 certificates with the mark), "expiry.tell" (a hundred
/// with their mails). Cost grows with what is due.
[[nodiscard]] JobCount send_expiry_notices(const effects::Works& works, const GoOn& go_on);

/// What send_expiry_notices() would find now.
struct ExpiryOutlook {
    std::string scheme;
    std::string stage;
    std::int64_t certificates = 0;  ///< that would be told
    std::int64_t readers = 0;       ///< mail boxes and letters
    std::int64_t skipped = 0;
};
[[nodiscard]] std::vector<ExpiryOutlook> expiry_outlook(store::Tx& tx, const effects::Works& works);

}  // namespace sealdesk::jobs
