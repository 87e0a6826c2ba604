#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "effects/works.h"
#include "requests/service_end.h"

// What the end of a service brings to its holders (M 4.9), in chunks: one that dies goes on where
// it stood when it is started again, and nobody is told twice.
namespace sealdesk::effects {

struct Telling {
    std::int64_t mails = 0;
    std::int64_t letters = 0;
    std::int64_t not_reachable = 0;  ///< neither mail nor postal address is known
};

/// Told after each chunk, for a person who watches.
using ChunkDone = std::function<void(std::int64_t so_far)>;

/// How many would be told now.
[[nodiscard]] Result<Telling> rehearse_telling(const Works& works, const std::string& scheme);

/// Tells every holder of a certificate that is neither revoked nor expired, once: by mail or, where
/// no address is known or the world refused it, by letter. Who became a holder since the last call
/// is told by the next. The end is announced in the repository, too. Errors: those of
/// requests::standing_service_end(), of mail::enqueue(). Unit of work: "service-end.tell".
[[nodiscard]] Result<Telling> tell_holders(const Works& works, const std::string& scheme,
                                           const ChunkDone& done_one = {});

struct Revoking {
    std::int64_t certificates = 0;
    std::int64_t refunds = 0;
    std::int64_t refund_twd = 0;
};

/// From the last day on: has every living certificate revoked (jobs of 200; `run` carries them out)
/// and works out what goes back. From the first chunk on nothing is issued any more; what was being
/// issued at that moment is found by a second call. Errors: those of
/// requests::due_service_end(). Unit of work: "service-end.revoke".
[[nodiscard]] Result<Revoking> revoke_everything(const Works& works, const std::string& scheme,
                                                 const ChunkDone& done_one = {});

/// Certificates that the job "SCHEME/ROUND/AFTER/LAST" of revoke_everything() means.
struct EndChunk {
    std::string scheme;
    std::int64_t after;
    std::int64_t last;
};
[[nodiscard]] EndChunk read_end_chunk(const std::string& key);
inline constexpr std::string_view kServiceEndJob = "service-end.revoke";
inline constexpr int kEndChunk = 200;  ///< certificates in one commit, and in one job

}  // namespace sealdesk::effects
