#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/tx.h"

// What the relying agency 信賴機關 is told of a certificate, again and again until it has
// acknowledged it (T 4.5.2, T 4.7.4).
namespace sealdesk::subscribers {

/// Overtaken: told, and a later notice of the same certificate says how it stands now.
enum class NoticeState { Open, Acknowledged, Overtaken };
[[nodiscard]] std::string_view to_text(NoticeState state);

struct AgencyNotice {
    std::int64_t id = 0;
    std::string number;  ///< "N115-000042-C"
    std::string scheme;
    std::string serial;
    std::string document;
    NoticeState state = NoticeState::Open;
    std::int64_t mails = 0;
    Instant next_at;
    Instant opened_at;
    std::optional<Instant> settled_at;
    std::string settled_by;
    std::string reference;
};

/// A change to be told.
struct NewNotice {
    std::string scheme;
    std::string serial;
    std::string order_key;  ///< of the change: one notice each
};

/// Opens a notice that is due at once; `document` makes its text from its number. The same change
/// again changes nothing.
void open_notice(store::Tx& tx, const NewNotice& notice,
                 const std::function<std::string(const std::string& number)>& document);

/// An agency that does not answer is told again so often.
inline constexpr std::chrono::hours kNoticeRepeat{24};

/// Open notices that are due, in turn, at most `limit`.
[[nodiscard]] std::vector<AgencyNotice> notices_due(store::Tx& tx, int limit);

/// Whether a later notice of the same certificate was opened.
[[nodiscard]] bool is_overtaken(store::Tx& tx, const AgencyNotice& notice);

/// Notes that it is told now, and when again; false when another worker has done so.
[[nodiscard]] bool note_telling(store::Tx& tx, const AgencyNotice& notice);
/// Ends it because it is overtaken; false as above.
[[nodiscard]] bool end_overtaken(store::Tx& tx, const AgencyNotice& notice);

struct Acknowledgement {
    std::string number;
    std::string reference;  ///< by which the agency's answer is found: 1 to 190 characters
    std::string by;         ///< actor
};

/// The agency has answered. Audit: agency_notice.acknowledged. Errors: notice.not_found (NotFound),
/// notice.settled (Refused), notice.reference (Invalid).
[[nodiscard]] Result<AgencyNotice> acknowledge_notice(store::Tx& tx, const Acknowledgement& answer);

/// Notices by id after this one (0: from the start), at most `limit`; open ones, or all.
[[nodiscard]] std::vector<AgencyNotice> list_notices(store::Tx& tx, bool open_only,
                                                     std::int64_t after, int limit);

/// Error: notice.not_found.
[[nodiscard]] Result<AgencyNotice> find_notice(store::Tx& tx, std::string_view number);

struct NoticeCounts {
    std::int64_t numbered = 0;  ///< counted by their numbers
    std::int64_t settled = 0;
    std::int64_t open = 0;
};
[[nodiscard]] NoticeCounts count_notices(store::Tx& tx);

}  // namespace sealdesk::subscribers
