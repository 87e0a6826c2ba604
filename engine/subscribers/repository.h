#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "store/tx.h"
#include "subscribers/certificate.h"

// The repository 儲存庫: accepted certificates that everybody may look up (M 2.6.3). It is kept by
// the RA: acceptance is known here and not at the CA, which may be another's.
namespace sealdesk::subscribers {

/// The job that publishes one certificate; accept_certificate() enqueues it, the key is the
/// certificate's id.
inline constexpr std::string_view kPublishJob = "certificate.publish";
void enqueue_publication(store::Tx& tx, CertificateId certificate);

/// Enters a certificate whose file is there; false when it was entered before. `due_by`: the end of
/// the time in which M 2.6.2 wants it published.
bool enter_into_repository(store::Tx& tx, const Certificate& certificate,
                           const crypto::Certificate& parsed, Instant due_by);

[[nodiscard]] bool is_published(store::Tx& tx, CertificateId certificate);

/// Accepted certificates by id, after this one (0: from the start), at most `limit`.
[[nodiscard]] std::vector<CertificateId> accepted_after(store::Tx& tx, std::int64_t after,
                                                        int limit);

/// All schemes, counted each by itself: accepted certificates, and entries.
struct RepositoryCounts {
    std::int64_t accepted = 0;
    std::int64_t published = 0;
};
[[nodiscard]] RepositoryCounts count_repository(store::Tx& tx);

/// An accepted certificate on its way into the repository.
struct Publication {
    std::string serial;
    Instant accepted_at;
    std::optional<Instant> due_by;        ///< none: not published yet
    std::optional<Instant> published_at;  ///< none: not published yet
};

/// How a scheme stands. The lists hold at most kListedPublicationsMax.
struct RepositoryStanding {
    std::int64_t published = 0;
    std::int64_t late = 0;             ///< of these, after their time
    std::int64_t waiting = 0;          ///< accepted, not published
    std::vector<Publication> overdue;  ///< those published late, the newest first
    std::vector<Publication> open;     ///< those waiting, the oldest first
};
inline constexpr int kListedPublicationsMax = 200;
[[nodiscard]] RepositoryStanding repository_standing(store::Tx& tx, std::string_view scheme);

/// A published certificate whose validity has not ended. One on hold or revoked stands here with
/// its state: M 2.8.2 (1) and M 2.8.3 publish both.
struct FoundCertificate {
    Certificate certificate;
    std::string subject;  ///< "C=TW, O=…"
};

struct Search {
    std::vector<FoundCertificate> found;
    bool complete = true;  ///< false: there may be more; name the subject more exactly
};

/// Against harvesting: what one search gives, and the least that it must name.
inline constexpr std::size_t kFoundMax = 50;
inline constexpr std::size_t kSearchTextMax = 200;  ///< characters
inline constexpr std::size_t kPartOfNameMin = 2;    ///< characters, of a part with Han characters
inline constexpr std::size_t kPartOfLatinNameMin = 3;  ///< characters, of any other part

/// Names that a search for a part looks through where none begins with it; beyond, it only finds
/// names by their beginning.
inline constexpr std::int64_t kNamesLookedThrough = 200'000;

/// Certificates by the full or a part of the subject's name (S 12.1): an organisation, unit or
/// person (O, OU, CN), or a distinguished name or some of it ("O=…, serialNumber=…") that has one
/// of the three. Letter case and full-width forms make no difference. `exact`: every value named is
/// the whole one. Errors, rule S 12.2: repository.text_short, repository.text_long (Invalid),
/// repository.no_name (Refused: an identity number alone names nobody here).
[[nodiscard]] Result<Search> search_repository(store::Tx& tx, std::string_view scheme,
                                               std::string_view text, bool exact);

}  // namespace sealdesk::subscribers
