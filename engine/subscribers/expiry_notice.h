#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "subscribers/certificate.h"

// What subscribers are told of the end of their certificates (T 4.4.2, P 4): one row a certificate
// and stage, which a UNIQUE key keeps single across any number of workers.
namespace sealdesk::subscribers {

/// How far the search of a scheme's stage has come: behind which certificate, in the order of their
/// end.
struct EndMark {
    Instant not_after;
    std::int64_t last_id;
    friend bool operator==(const EndMark&, const EndMark&) = default;
};

/// Which certificates a stage looks at.
struct EndSpan {
    std::string scheme;
    std::string stage;  ///< as ExpiryStage::key()
    Instant from;       ///< those that end then or later
    Instant until;      ///< and before this
};

[[nodiscard]] std::optional<EndMark> end_mark(store::Tx& tx, const EndSpan& span);

/// Certificates of the span behind the mark, in the order of their end, at most `limit`. The cost
/// grows with these, not with all there are.
[[nodiscard]] std::vector<Certificate> ending_behind(store::Tx& tx, const EndSpan& span,
                                                     const std::optional<EndMark>& mark, int limit);

/// Moves the mark that was seen; false when another search was faster.
bool move_end_mark(store::Tx& tx, const EndSpan& span, const std::optional<EndMark>& seen,
                   const EndMark& next);

/// Why nothing is said of a certificate's end at a stage. Stored as text.
enum class ExpirySkip {
    Revoked,    ///< it has ended already
    Profile,    ///< of a kind that nobody renews
    OnHold,     ///< the scheme does not tell of those on hold
    Replaced,   ///< another one was applied for, or is there (P 4)
    Applied,    ///< a form that asks for another one is open
    NoAddress,  ///< no mail address is known, and the scheme sends no letter
    Stale,      ///< its time went by before anybody was told: the next stage tells
};
[[nodiscard]] std::string_view to_text(ExpirySkip skip);

/// How it was told.
enum class ExpiryTold { Mailed, Printed };
[[nodiscard]] std::string_view to_text(ExpiryTold told);

struct ExpiryFinding {
    CertificateId certificate;
    std::string scheme;
    std::string stage;
    std::string address_key;              ///< SHA-256, hexadecimal: what goes to one mail box
    std::optional<ExpirySkip> skip = {};  ///< none: it is to be told
};

/// Keeps what was found; false when there is a row for this certificate and stage already.
bool add_expiry_finding(store::Tx& tx, const ExpiryFinding& finding);

/// A certificate of which is to be told.
struct ExpiryDue {
    std::int64_t id;
    CertificateId certificate;
    std::string scheme;
    std::string stage;
    std::string address_key;
};

/// Ordered by mail box, at most `limit`.
[[nodiscard]] std::vector<ExpiryDue> expiry_due(store::Tx& tx, int limit);

/// Ends a finding that is still due; false when another worker did.
bool settle_expiry(store::Tx& tx, std::int64_t id, ExpiryTold told);
bool settle_expiry(store::Tx& tx, std::int64_t id, ExpirySkip skip);

/// What stands in the rows of one certificate, stage by stage.
struct ExpiryStanding {
    std::string stage;
    std::string state;   ///< "due", "mailed", "printed", "skipped"
    std::string reason;  ///< of a skipped one
    Instant found_at;
};
[[nodiscard]] std::vector<ExpiryStanding> expiry_standings(store::Tx& tx, CertificateId id);

}  // namespace sealdesk::subscribers
