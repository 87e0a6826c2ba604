#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "mail/bounces.h"
#include "mail/delivery_rules.h"
#include "mail/outbox_events.h"
#include "mail/smtp_reply.h"

namespace sealdesk::mail {
namespace {

constexpr std::string_view kBounceActor = "job:bounces";

constexpr std::string_view kFindReport = R"(
    SELECT fate
    FROM mail_report
    WHERE file_name = ?)";

constexpr std::string_view kInsertReport = R"(
    INSERT INTO mail_report (id, file_name, fate, mail_id, status, taken_at)
    VALUES (?, ?, ?, ?, ?, ?))";

constexpr std::string_view kFindBySender = R"(
    SELECT id, recipient, state, envelope_from, dedup_key
    FROM mail_outbox
    WHERE envelope_from = ?)";

constexpr std::string_view kFindByMessageId = R"(
    SELECT id, recipient, state, envelope_from, dedup_key
    FROM mail_outbox
    WHERE message_id = ?)";

constexpr std::string_view kBounceSent = R"(
    UPDATE mail_outbox
    SET failure = 'mail.bounced', last_reply = ?, changed_at = ?
    WHERE id = ? AND state = 'sent' AND failure = '')";

// The report proves that the mail was taken.
constexpr std::string_view kBounceDoubtful = R"(
    UPDATE mail_outbox
    SET state = 'sent', failure = 'mail.bounced', next_at = NULL, last_reply = ?, changed_at = ?,
        settled_at = ?
    WHERE id = ? AND state = 'indoubt')";

constexpr std::string_view kCountBounced = R"(
    SELECT COUNT(DISTINCT mail_id)
    FROM mail_report
    WHERE fate = 'bounced' AND taken_at >= ? AND taken_at < ?)";

constexpr std::size_t kFileKeyMax = 190;  ///< as in ddl/200_mail_report.sql

struct FateName {
    ReportFate fate;
    std::string_view text;
};
constexpr std::array<FateName, 5> kFateNames{{{ReportFate::Bounced, "bounced"},
                                              {ReportFate::Delayed, "delayed"},
                                              {ReportFate::Delivered, "delivered"},
                                              {ReportFate::Unmatched, "unmatched"},
                                              {ReportFate::Other, "other"}}};

std::string_view to_text(ReportFate fate) {
    return std::ranges::find(kFateNames, fate, &FateName::fate)->text;
}

/// A mail of ours that a report names.
struct NamedMail {
    MailId id;
    std::string recipient;
    std::string state;
    std::string envelope_from;
    std::string dedup_key;
};

std::optional<NamedMail> mail_of(const std::vector<store::Row>& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return NamedMail{MailId(row.number(0)), row.text(1), row.text(2), row.text(3), row.text(4)};
}

std::optional<NamedMail> named_by_token(store::Tx& tx, const IncomingMail& incoming,
                                        const BounceMailbox& mailbox) {
    const std::size_t at = mailbox.address.rfind('@');
    if (!incoming.envelope_id.empty() && at != std::string::npos) {
        const std::string sender =
            mailbox.address.substr(0, at) + "+" + incoming.envelope_id + mailbox.address.substr(at);
        if (auto found = mail_of(tx.query(kFindBySender, sender))) {
            return found;
        }
    }
    for (const std::string& address : incoming.reached) {
        if (!bounce_token(address).empty()) {
            if (auto found = mail_of(tx.query(kFindBySender, address))) {
                return found;
            }
        }
    }
    return std::nullopt;
}

/// A Message-ID can be guessed; it is enough only where there is nothing better.
std::optional<NamedMail> named_mail(store::Tx& tx, const IncomingMail& incoming,
                                    const BounceMailbox& mailbox) {
    auto found = named_by_token(tx, incoming, mailbox);
    if (!found && !incoming.message_id.empty()) {
        found = mail_of(tx.query(kFindByMessageId, incoming.message_id));
        if (found && !bounce_token(found->envelope_from).empty()) {
            found.reset();
        }
    }
    return found;
}

/// "+2B" → "+" (RFC 3461 §4): some servers report ORCPT as it was written.
std::string without_xtext(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded =
            text[i] == '+' && i + 2 < text.size() &&
            text.substr(i + 1, 2).find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
        plain += coded ? from_hex(text.substr(i + 1, 2)) : std::string(1, text[i]);
        i += coded ? 2 : 0;
    }
    return plain;
}

const ReportedRecipient* recipient_in(const IncomingMail& incoming, const NamedMail& mail) {
    const std::string wanted = to_lower_ascii(mail.recipient);
    for (const ReportedRecipient& one : incoming.recipients) {
        for (const std::string& address :
             {one.final_address, one.original_address, without_xtext(one.original_address)}) {
            if (to_lower_ascii(address) == wanted) {
                return &one;
            }
        }
    }
    return nullptr;
}

ReportFate fate_of(const std::string& action) {
    if (action == "failed") {
        return ReportFate::Bounced;
    }
    if (action == "delayed") {
        return ReportFate::Delayed;
    }
    const bool arrived = action == "delivered" || action == "relayed" || action == "expanded";
    return arrived ? ReportFate::Delivered : ReportFate::Unmatched;
}

void bounce(store::Tx& tx, const NamedMail& mail, const ReportedRecipient& news,
            const BounceMailbox& mailbox) {
    const std::string said = harmless(news.status + " " + news.diagnostic);
    auto changed = tx.execute(kBounceSent, said, tx.now(), mail.id.value());
    changed += tx.execute(kBounceDoubtful, said, tx.now(), tx.now(), mail.id.value());
    const bool dead = is_dead_address(news.status);
    if (dead) {
        suppress(tx, mail.recipient, news.status, mail.id);
    }
    if (changed > 0 || dead) {
        append_mail_event(tx, "bounced", kBounceActor, mail.id,
                          {{"status", news.status}, {"suppressed", dead}});
    }
    if (changed > 0 && mailbox.on_bounce) {
        const Outcome followed = mailbox.on_bounce(tx, mail.dedup_key, dead);
        if (!followed) {
            throw Failure(followed.error());
        }
    }
}

void note_report(store::Tx& tx, std::string_view file_key, ReportFate fate,
                 const std::optional<MailId>& mail, const std::string& status) {
    const auto id = mail ? std::optional<std::int64_t>(mail->value()) : std::nullopt;
    tx.execute(kInsertReport, tx.new_id(), file_key, to_text(fate), id, status, tx.now());
}

}  // namespace

std::string file_key_of(std::string_view file_name) {
    const std::string_view unique = file_name.substr(0, file_name.find(':'));
    const bool plain = unique.size() <= kFileKeyMax &&
                       std::ranges::all_of(unique, [](char c) { return c > 0x20 && c < 0x7F; });
    return plain ? std::string(unique) : sha256_hex(unique);
}

std::optional<ReportFate> known_report(store::Tx& tx, std::string_view file_key) {
    const auto rows = tx.query(kFindReport, file_key);
    if (rows.empty()) {
        return std::nullopt;
    }
    return std::ranges::find(kFateNames, rows[0].text(0), &FateName::text)->fate;
}

std::optional<ReportFate> file_report(store::Tx& tx, std::string_view file_key,
                                      const IncomingMail& incoming, const BounceMailbox& mailbox) {
    if (const auto known = known_report(tx, file_key)) {
        return known;
    }
    if (incoming.kind != Incoming::Report) {
        note_report(tx, file_key, ReportFate::Other, {}, {});
        return ReportFate::Other;
    }
    const auto mail = named_mail(tx, incoming, mailbox);
    if (mail && (mail->state == "sending" || mail->state == "dot")) {
        return std::nullopt;  // its answer is not written down yet
    }
    const ReportedRecipient* news = mail ? recipient_in(incoming, *mail) : nullptr;
    const ReportFate fate = news == nullptr ? ReportFate::Unmatched : fate_of(news->action);
    if (fate == ReportFate::Unmatched) {
        note_report(tx, file_key, fate, {}, {});
        return fate;
    }
    note_report(tx, file_key, fate, mail->id, news->status);
    if (fate == ReportFate::Bounced) {
        bounce(tx, *mail, *news, mailbox);
    } else {
        append_mail_event(tx, "reported", kBounceActor, mail->id,
                          {{"action", news->action}, {"status", news->status}});
    }
    return fate;
}

std::int64_t bounced_between(store::Tx& tx, Instant from, Instant to) {
    return tx.query(kCountBounced, from, to)[0].number(0);
}

}  // namespace sealdesk::mail
