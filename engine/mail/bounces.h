#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/bounce_report.h"
#include "mail/outbox.h"
#include "store/tx.h"

namespace sealdesk::mail {

/// Where the world's reports about our mails arrive: a Maildir that a mail server fills.
struct BounceMailbox {
    std::filesystem::path folder;  ///< empty: there is none
    std::string address;           ///< MailIdentity::bounce_address
    /// What follows for what the mail carried (OutgoingMail::dedup_key), in the same commit; for
    /// good: no other mail will arrive there either.
    std::function<Outcome(store::Tx&, std::string_view key, bool for_good)> on_bounce = {};
};

/// What became of a message in it.
enum class ReportFate {
    Bounced,    ///< a mail of ours came back
    Delayed,    ///< one is still on its way
    Delivered,  ///< one arrived, or went where no reports come from
    Unmatched,  ///< a report about nothing that we sent there: a person looks at it
    Other,      ///< no report: a person looks at it
};

struct BounceCount {
    std::int64_t bounced = 0;
    std::int64_t noted = 0;  ///< delayed, delivered
    std::int64_t left = 0;   ///< seen for the first time, and left for a person
    std::optional<Error> trouble = {};

    [[nodiscard]] std::int64_t moved() const { return bounced + noted + left; }
};

/// Judges what is new in the mailbox, each message once, and puts the reports that concern our
/// mails into its folder ".done"; all others stay where they are. May be repeated at any time and
/// run by several workers: a message is known by its file's name, its row (unit of work
/// "mail.report") is written before the file is moved. Crash point besides: mail.report-filed.
/// Trouble (Unavailable): mail.bounces_unreadable.
[[nodiscard]] BounceCount take_bounces(store::Database& database, const BounceMailbox& mailbox);

/// What lies in the mailbox.
struct MailboxCount {
    std::int64_t fresh = 0;  ///< not judged yet
    std::int64_t left = 0;   ///< wait for a person
};
/// Error: mail.bounces_unreadable.
[[nodiscard]] Result<MailboxCount> messages_in(store::Tx& tx, const BounceMailbox& mailbox);

/// The judgement of one message. A report is believed when it names the token of the mail's
/// envelope sender (or, for a mail without one, its Message-ID) and the mail's recipient.
///
/// failed: a mail that was sent is bounced, and one in doubt was sent and is bounced; an address
/// that does not exist is suppressed. A full mailbox (x.2.2), an expired or any other failure says
/// nothing about the address (RFC 3463 §3.3): bounced, not suppressed. Nothing while a sender holds
/// the mail: the file waits. Audit: mail.bounced, mail.reported.
[[nodiscard]] std::optional<ReportFate> file_report(store::Tx& tx, std::string_view file_key,
                                                    const IncomingMail& incoming,
                                                    const BounceMailbox& mailbox);

/// What was made of a message before; nothing when it is new.
[[nodiscard]] std::optional<ReportFate> known_report(store::Tx& tx, std::string_view file_key);

/// Under which name a file is known: without the flags behind ':', which mail readers change.
[[nodiscard]] std::string file_key_of(std::string_view file_name);

/// How many mails came back in a span of time.
[[nodiscard]] std::int64_t bounced_between(store::Tx& tx, Instant from, Instant to);

}  // namespace sealdesk::mail
