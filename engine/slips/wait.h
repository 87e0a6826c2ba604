#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slips/slip.h"

// What time brings to a slip that has left the office and whose password nobody uses.
namespace sealdesk::slips {

/// What the reader opens a slip with. Stored as text.
enum class Lock {
    Certificate,  ///< the mail is encrypted to a certificate of the subscriber's
    Code,         ///< the PDF opens with the code on the receipt
    Paper,
};
[[nodiscard]] std::string_view to_text(Lock lock);

/// When something happens to a slip that nobody uses; none: never.
struct WaitTerms {
    std::optional<Instant> remind_at = {};
    std::optional<Instant> void_at = {};
};

enum class WaitStep { Remind, Void, Ended };

struct Wait {
    SlipId slip;
    Lock lock;
    std::string certificate = {};  ///< serial number of the one it is encrypted to; or empty
    Instant left_at;
    WaitStep next = WaitStep::Remind;
    WaitTerms terms = {};
    std::optional<Instant> reminded_at = {};
    std::optional<Instant> bounced_at = {};  ///< when its mail came back
    bool bounced_for_good = false;
};

/// A slip begins to wait. A second call changes nothing. An e-delivered one always does; one on
/// paper where its scheme lets it run out.
void begin_wait(store::Tx& tx, const Wait& fresh);

[[nodiscard]] std::optional<Wait> wait_of(store::Tx& tx, SlipId slip);

/// Those whose next step is this one and due, the longest due first. Costs what it returns.
[[nodiscard]] std::vector<Wait> waits_due(store::Tx& tx, WaitStep next, int count_max);

/// The reader was reminded; what comes next is the end. False when something else came between.
bool note_reminder(store::Tx& tx, const Wait& seen);

/// Nothing comes any more: the slip is used or void.
void end_wait(store::Tx& tx, SlipId slip);

/// The slip's mail came back. A permanent failure is not overwritten by a passing one. False when
/// the slip has not been e-delivered, or nothing new was learnt.
bool note_bounce(store::Tx& tx, SlipId slip, bool for_good);

/// Slips whose mail came back and that nobody has used or voided since, the oldest first.
[[nodiscard]] std::vector<Wait> list_bounced(store::Tx& tx, int count_max);

}  // namespace sealdesk::slips
