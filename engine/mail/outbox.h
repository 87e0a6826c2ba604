#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "mail/message.h"
#include "mail/own_mail.h"
#include "store/tx.h"

namespace sealdesk::mail {

/// Where a mail stands. Sending and Dot are held by one sender, under a lease.
///
///     Queued ──claim──> Sending ──body is out──> Dot ──250──> Sent
///        ^                 │                      │
///        └── Deferred <────┴── 4xx, network ──────┤
///                 Failed <── 5xx, given up ───────┤
///                InDoubt <── no answer, crash ────┘   once more by itself, then a person
///     Superseded: from every state in which the dot has not left
///     Bounced: was sent, and the world reported later that it did not arrive
enum class State { Queued, Sending, Dot, Sent, Deferred, Failed, InDoubt, Superseded, Bounced };
[[nodiscard]] std::string_view to_text(State state);
[[nodiscard]] std::optional<State> state_from_text(std::string_view text);

/// Who we are as a sender; from the desk's configuration.
struct MailIdentity {
    Mailbox from;                   ///< header From
    std::string envelope_from;      ///< where the world's reports of failure go …
    std::string message_id_domain;  ///< right side of our Message-IDs
    /// … unless this address is set: then they go to name+TOKEN@domain, with a token (128 bits at
    /// random) that only who gets the mail can know, so that no report can be forged.
    std::string bounce_address = {};
    MailSigner sign = {};  ///< none: the mail goes unsigned
};

/// A mail that a decision wants sent.
struct OutgoingMail {
    /// The effect's own key, such as "slip:4711": a second enqueue with it changes nothing.
    /// 1–120 printable ASCII characters.
    std::string dedup_key;
    std::string kind;              ///< "slip", "result", "receipt": 1–40 of a–z 0–9 . _ -
    std::int64_t subject_ref = 0;  ///< number of the request it belongs to; 0: none
    Mailbox to;
    std::string subject;
    std::string text;
    std::string html = {};  ///< the same for readers that show HTML; empty: none
    std::vector<Attachment> attachments = {};
    std::string enveloped = {};  ///< in place of text and attachments: Message::enveloped
    /// When it is of no use any more (a notice's day, a slip's end); empty: kLifetime from now.
    std::optional<Instant> give_up_at = {};
    std::string actor = "system";  ///< for the audit event
};

/// How long we try: at least 4–5 days (RFC 5321 §4.5.4.1).
inline constexpr std::chrono::hours kLifetime{5 * 24};

struct Enqueued {
    MailId id;
    bool is_new;  ///< false: the key was there already, and nothing was done
    State state;  ///< Failed when the address is suppressed: a clerk must see it
};

/// Writes the mail into the outbox, in the caller's transaction: it will be sent exactly if that
/// commits. Bytes, date and Message-ID are fixed now; every later sending sends the same bytes.
/// Audit: mail.enqueued. Errors: those of compose(); mail.bad_key (Invalid).
[[nodiscard]] Result<Enqueued> enqueue(store::Tx& tx, const MailIdentity& identity,
                                       const OutgoingMail& mail);

enum class Superseded {
    Done,         ///< it will not be sent
    Withdrawing,  ///< a sender holds it and will drop it, unless its dot is out already
    TooLate,      ///< it was sent
    NoNeed,       ///< it had failed or was superseded before, or there is no such mail
};

/// The token of an envelope sender, 32 hexadecimal digits; empty when it has none.
[[nodiscard]] std::string_view bounce_token(std::string_view envelope_from);

/// Takes back a mail that is no longer true, such as the one of a voided slip. Audit:
/// mail.superseded.
Superseded supersede(store::Tx& tx, std::string_view dedup_key, std::string_view actor);

/// A mail as a list shows it. `address` is personal: for the officer's screen, not for logs.
struct MailSummary {
    MailId id;
    std::string kind;
    std::int64_t subject_ref = 0;
    std::string address;
    State state;
    std::string failure;  ///< our code (mail.refused, mail.suppressed …), or empty
    int attempts = 0;
    int doubts = 0;
    std::optional<Instant> next_at;  ///< none: nothing happens by itself
    int last_code = 0;               ///< SMTP; 0: none
    Instant enqueued_at;
    std::optional<Instant> settled_at;
};

struct MailDetail {
    MailSummary summary;
    std::string dedup_key;
    std::string message_id;
    std::string body_sha256;
    std::int64_t body_size = 0;
    std::string last_reply;  ///< may repeat the address
    std::string subject;     ///< empty when the body has been purged, as is what is attached
    std::vector<AttachedFile> attachments;
    std::vector<audit::RecordedEvent> history;
};

struct MailFilter {
    std::optional<State> state = {};
    bool waits_for_person = false;  ///< failed, came back or parked in doubt, and not handled
    std::int64_t subject_ref = 0;   ///< 0: any
    std::int64_t after = 0;         ///< page by key: the last id of the page before
    int count_max = 1000;
};

/// In the order of their keys, which is roughly that of time.
[[nodiscard]] std::vector<MailSummary> list(store::Tx& tx, const MailFilter& filter);

/// Error: mail.not_found (NotFound).
[[nodiscard]] Result<MailDetail> show(store::Tx& tx, MailId id);

/// What a person does, and why; the reason holds no personal data.
struct ByHand {
    std::string actor;
    std::string reason;
};

/// Sends again now what was deferred, failed, bounced, or parked in doubt (a person has decided
/// that a second copy does no harm). Audit: mail.retried. Errors: mail.not_found;
/// mail.not_retryable (Refused: sent, under way, superseded or purged); mail.suppressed (Refused:
/// unsuppress first).
[[nodiscard]] Outcome retry(store::Tx& tx, MailId id, std::string_view actor);

/// Ends a doubt (or a deferral) by a person's word: it arrived, or it is given up. Audit:
/// mail.closed. Errors: mail.not_found; mail.not_closable (Refused).
enum class Word { Arrived, GivenUp };
[[nodiscard]] Outcome close_by_hand(store::Tx& tx, MailId id, Word word, std::string_view actor);

/// A person has seen to a mail that failed, came back or is in doubt (told its reader otherwise,
/// had the address corrected): it does not wait for anybody any more, and is not sent again unless
/// retried. A second call changes nothing. Audit: mail.handled, and mail.closed of one in doubt or
/// deferred. Errors: mail.not_found; mail.not_to_handle (Refused: it is on its way, sent or
/// superseded); mail.bad_reason (Invalid: 1 to 300 bytes).
[[nodiscard]] Outcome handle(store::Tx& tx, MailId id, const ByHand& by);

/// How many wait for a person.
[[nodiscard]] std::int64_t count_waiting_for_person(store::Tx& tx);

struct StateCount {
    State state;
    std::int64_t count;
};
/// One row for every state, also for those with none.
[[nodiscard]] std::vector<StateCount> counts_by_state(store::Tx& tx);

/// The ledger of a span of time; a mail that came back was sent all the same: open_before + in ==
/// sent + failed + superseded + open_after.
struct MailLedger {
    std::int64_t open_before = 0;
    std::int64_t in = 0;
    std::int64_t sent = 0;
    std::int64_t failed = 0;
    std::int64_t superseded = 0;
    std::int64_t open_after = 0;
};
[[nodiscard]] MailLedger ledger(store::Tx& tx, Instant from, Instant to);

/// Erases the bodies of mails settled before an instant, at most `count_max`, the oldest first;
/// hashes stay. Returns how many. What failed or came back keeps its body until a person has seen
/// to it. Audit: mail.texts_erased. Cost grows with the bodies that are kept.
std::int64_t purge_bodies(store::Tx& tx, Instant settled_before, int count_max);
/// How many it would erase.
[[nodiscard]] std::int64_t count_purgeable(store::Tx& tx, Instant settled_before);

/// An address the world has refused for good.
struct Suppression {
    std::string address;    ///< lower case
    std::string reason;     ///< enhanced status code, such as "5.1.1", or "manual"
    std::int64_t mail = 0;  ///< the mail that learned it; 0: none
    Instant since;
};
[[nodiscard]] std::vector<Suppression> suppressions(store::Tx& tx, std::string_view after,
                                                    int count_max);
[[nodiscard]] bool is_suppressed(store::Tx& tx, std::string_view address);

/// Lets mail to the address pass again (its owner came with a proof, or the address was mended).
/// Audit: mail.unsuppressed. Error: mail.not_suppressed (NotFound).
[[nodiscard]] Outcome unsuppress(store::Tx& tx, std::string_view address, const ByHand& by);

}  // namespace sealdesk::mail
