#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_series.h"
#include "parcels/parcel.h"

// 大宗掛號函件 lists, and the registered-mail numbers of the post that they give out: what was
// posted, when, under which number (T 3.2.6).
namespace sealdesk::parcels {

/// A roll of registered-mail labels.
struct NumberRoll {
    std::string first;  ///< both numbers are on it
    std::string last;
    /// How the post writes its numbers; none: the digits at the end run on, without a check digit.
    std::optional<NumberSeries> series = {};
};

/// Enters a roll. Errors: post.bad_numbers (Invalid) for numbers that are not of the series, do not
/// run on or have a wrong check digit, or more than a million; post.numbers_overlap (Refused).
Outcome receive_mail_numbers(store::Tx& tx, const NumberRoll& roll, std::string_view actor);

/// A roll as it stands.
struct RollState {
    std::string first;
    std::string last;
    std::string next;  ///< empty: used up
    std::int64_t left = 0;
};
[[nodiscard]] std::vector<RollState> list_mail_numbers(store::Tx& tx);

enum class MailKind { Parcel, Slip };
[[nodiscard]] std::string_view to_text(MailKind kind);

/// An item on a list.
struct MailLine {
    MailKind kind;
    std::string item;  ///< number of the parcel or slip
    Addressee to;
    std::string tracking = {};  ///< its registered-mail number, once the list is closed
    bool left_out = false;      ///< was not handed to the post with the list
};

struct MailList {
    MailListId id;
    std::string number;  ///< such as "M115-000001-2"
    std::string day;     ///< ISO, in Taipei
    std::int64_t lines;
    std::string closed_by;
    Instant closed_at;
    std::string posted_by;  ///< empty: not posted yet
    std::optional<Instant> posted_at;
};

/// Lines of one list at most: the post's own form has room for some dozens, and one unit of work
/// posts them all.
inline constexpr int kMailLinesMax = 500;

/// Whether an item stands on a list, posted or not.
[[nodiscard]] bool is_on_list(store::Tx& tx, MailKind kind, std::string_view item);

/// Closes a list of these items: each gets the next registered-mail number. Errors:
/// post.nothing_waits (Refused); mail.numbers_short (Refused); mail.changed_meanwhile (Conflict).
/// Audit: mail_list.closed.
Result<MailList> close_mail_list(store::Tx& tx, std::vector<MailLine> lines,
                                 std::string_view actor);

/// Records that a closed list was handed to the post; lines that were left out come on another
/// list. Its items are moved by the caller. Errors: post.list_posted (Refused). Audit:
/// mail_list.posted.
Outcome mark_list_posted(store::Tx& tx, const MailList& list,
                         const std::vector<std::string>& left_out, std::string_view actor);

/// Error: post.list_unknown (NotFound).
[[nodiscard]] Result<MailList> find_mail_list(store::Tx& tx, std::string_view number);
[[nodiscard]] std::vector<MailLine> lines_of(store::Tx& tx, MailListId list);
/// Of one day (ISO), oldest first; of all days without one, the newest 500.
[[nodiscard]] std::vector<MailList> list_mail_lists(store::Tx& tx, std::string_view day);

}  // namespace sealdesk::parcels
