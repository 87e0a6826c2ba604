#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::mail {

/// A person and an address. The name may be empty and may hold any character people are named
/// with; the address is ASCII: an internationalised domain is already in A-labels here.
struct Mailbox {
    std::string name;
    std::string address;
};

/// One attached file. What is secret in it is already encrypted when it comes here.
struct Attachment {
    std::string name;  ///< as the reader's file dialogue shows it; any characters but controls
    std::string type;  ///< "application/pdf"
    std::string bytes;
};

/// A header beyond the usual ones, such as {"X-Sealdesk-Kind", "slip"}.
struct Header {
    std::string name;
    std::string value;
};

/// Signs the bytes of a mail's content: CMS (RFC 5652), detached, DER, SHA-256.
using MailSigner = std::function<Result<std::string>(std::string_view content)>;

/// Everything that goes into one mail to one recipient. The same Message always gives the same
/// bytes: the boundary comes from the Message-ID, the date is given.
struct Message {
    Mailbox from;
    Mailbox to;
    std::string subject;
    std::string text;       ///< UTF-8; any line ends
    std::string html = {};  ///< the same for readers that show HTML; empty: none
    std::vector<Attachment> attachments = {};
    /// A CMS EnvelopedData with an entity of compose_entity() in it (S/MIME, RFC 8551 §3.3); then
    /// there are neither text nor attachments beside it.
    std::string enveloped = {};
    std::string message_id;  ///< with its angle brackets
    Instant date;            ///< written in Taipei time (UTC+8), whole seconds
    std::vector<Header> headers = {};
    MailSigner sign = {};  ///< none: the mail goes unsigned; else multipart/signed (RFC 8551)
};

/// A mail's longest form, bytes. Servers commonly take 10 MB (Postfix: message_size_limit).
inline constexpr std::size_t kMessageBytesMax = 10'000'000;

/// The mail in RFC 5322 and MIME form: pure ASCII, CRLF line ends, no line over 998 bytes, no line
/// that starts with a dot or with "From ". Errors (all Invalid): mail.bad_address, mail.bad_header
/// (control characters, wrong UTF-8, or a header that is ours to write), mail.bad_text,
/// mail.bad_attachment, mail.too_large; those of the signer. Details never repeat an address or a
/// name (M 2.8.1).
[[nodiscard]] Result<std::string> compose(const Message& message);

/// The words of a mail and its one attachment, whose bytes are a secret, as a MIME entity of their
/// own, for a mail that is encrypted as a whole (Message::enveloped). It is the same entity each
/// time. Errors: mail.bad_text, mail.bad_attachment (Invalid).
[[nodiscard]] Result<Secret> compose_entity(Message words, std::string_view bytes);

/// Whether an address may go into an SMTP command: dot-atom, ASCII, at most 64 + 1 + 253 bytes and
/// 254 in all (RFC 5321 §4.5.3.1, §2.3.5). Quoted local parts and address literals are refused,
/// as nobody keys them by intent. Error: mail.bad_address (Invalid).
[[nodiscard]] Outcome check_address(std::string_view address);

}  // namespace sealdesk::mail
