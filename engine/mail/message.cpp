#include "mail/message.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"
#include "mail/mime_text.h"

namespace sealdesk::mail {
namespace {

/// RFC 5321 §4.5.3.1.1: a local part has at most 64 octets.
constexpr std::size_t kLocalPartMax = 64;
/// RFC 5321 §4.5.3.1.3: a path has at most 256 octets with its angle brackets.
constexpr std::size_t kAddressMax = 254;
/// RFC 1035 §2.3.4.
constexpr std::size_t kLabelMax = 63;
/// RFC 5322 §2.1.1: 998 per line; a Message-ID is never folded.
constexpr std::size_t kMessageIdMax = 300;
/// Longest name, subject or file name, bytes: nothing on our forms is near it.
constexpr std::size_t kHeaderTextMax = 2'000;
/// Longest file name, bytes, that common file systems take.
constexpr std::size_t kFileNameMax = 255;
/// More attachments than any letter of ours has.
constexpr std::size_t kAttachmentsMax = 20;
/// Extra headers a caller may add.
constexpr std::size_t kExtraHeadersMax = 20;

Error message_error(std::string code, std::string detail, std::string where) {
    return Error{ErrorKind::Invalid, std::move(code), std::move(detail), std::move(where), {}};
}

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_local_char(char c) {  // atext (RFC 5322 §3.2.3) and the dots between
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.";
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
}

bool has_stray_dot(std::string_view text) {
    return text.empty() || text.front() == '.' || text.back() == '.' ||
           text.find("..") != std::string_view::npos;
}

bool is_local_part(std::string_view local) {
    if (has_stray_dot(local) || local.size() > kLocalPartMax) {
        return false;
    }
    for (const char c : local) {
        if (!is_local_char(c)) {
            return false;
        }
    }
    return true;
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > kLabelMax || label.front() == '-' || label.back() == '-') {
        return false;
    }
    for (const char c : label) {
        if (!is_letter_or_digit(c) && c != '-') {
            return false;
        }
    }
    return true;
}

bool is_domain(std::string_view domain) {
    if (has_stray_dot(domain) || domain.find('.') == std::string_view::npos) {
        return false;
    }
    std::size_t start = 0;
    while (start <= domain.size()) {
        const std::size_t dot = std::min(domain.find('.', start), domain.size());
        if (!is_label(domain.substr(start, dot - start))) {
            return false;
        }
        start = dot + 1;
    }
    return true;
}

Outcome check_header_text(std::string_view text, const char* where) {
    if (text.size() > kHeaderTextMax) {
        return message_error("mail.bad_header", "The text is too long for a mail header.", where);
    }
    if (!is_header_text(text)) {
        return message_error("mail.bad_header",
                             "The text holds a line end or another control character, or is not "
                             "UTF-8. Correct it at its source.",
                             where);
    }
    return done();
}

Outcome check_mailbox(const Mailbox& mailbox, const char* where) {
    const auto name = check_header_text(mailbox.name, where);
    if (!name) {
        return name.error();
    }
    const auto address = check_address(mailbox.address);
    if (!address) {
        return message_error(address.error().code, address.error().detail, where);
    }
    return done();
}

Outcome check_message_id(std::string_view id) {
    const bool framed =
        id.size() > 4 && id.size() <= kMessageIdMax && id.front() == '<' && id.back() == '>';
    const auto inside = framed ? id.substr(1, id.size() - 2) : std::string_view();
    const std::size_t at = inside.find('@');
    if (!framed || at == std::string_view::npos || !is_domain(inside.substr(at + 1)) ||
        inside.substr(0, at).empty()) {
        return message_error("mail.bad_header", "The Message-ID is malformed.", "Message-ID");
    }
    for (const char c : inside.substr(0, at)) {
        if (!is_local_char(c)) {
            return message_error("mail.bad_header", "The Message-ID is malformed.", "Message-ID");
        }
    }
    return done();
}

bool is_header_name(std::string_view name) {
    if (name.empty() || name.size() > 60) {
        return false;
    }
    for (const char c : name) {
        if (!is_letter_or_digit(c) && c != '-') {
            return false;
        }
    }
    return true;
}

// Only private fields and a few harmless ones: the writer owns all others, and a second From or a
// Bcc would change who gets the mail.
bool is_free_header(std::string_view name) {
    const std::string lower = to_lower_ascii(name);
    constexpr std::array<std::string_view, 4> free_names{"reply-to", "list-id", "references",
                                                         "in-reply-to"};
    return lower.rfind("x-", 0) == 0 || std::find(free_names.begin(), free_names.end(),
                                                  std::string_view(lower)) != free_names.end();
}

Outcome check_headers(const std::vector<Header>& headers) {
    if (headers.size() > kExtraHeadersMax) {
        return message_error("mail.bad_header", "Too many headers.", {});
    }
    for (const auto& header : headers) {
        if (!is_header_name(header.name) || !is_free_header(header.name)) {
            return message_error("mail.bad_header", "This header may not be set by a caller.",
                                 "header");
        }
        const auto value = check_header_text(header.value, "header");
        if (!value) {
            return value.error();
        }
    }
    return done();
}

bool is_media_type(std::string_view type) {
    const std::size_t slash = type.find('/');
    if (type.size() > 100 || slash == std::string_view::npos) {
        return false;
    }
    const auto is_token = [](std::string_view token) {
        return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
            return is_letter_or_digit(c) || c == '-' || c == '.' || c == '+';
        });
    };
    return is_token(type.substr(0, slash)) && is_token(type.substr(slash + 1));
}

Outcome check_attachments(const std::vector<Attachment>& attachments) {
    if (attachments.size() > kAttachmentsMax) {
        return message_error("mail.bad_attachment", "Too many attachments.", {});
    }
    for (const auto& attachment : attachments) {
        const bool has_path = attachment.name.find_first_of("/\\") != std::string::npos;
        const auto name = check_header_text(attachment.name, "attachment");
        if (!name || attachment.name.empty() || attachment.name.size() > kFileNameMax || has_path ||
            !is_media_type(attachment.type)) {
            return message_error("mail.bad_attachment",
                                 "An attachment's name or type cannot be sent: no control "
                                 "characters, no path, a type like application/pdf.",
                                 "attachment");
        }
    }
    return done();
}

Outcome check_text(std::string_view text) {
    bool good = is_utf8(text);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F) {
            good = false;
        }
    }
    if (!good) {
        return message_error("mail.bad_text", "The text holds a control character or is not UTF-8.",
                             "text");
    }
    return done();
}

Outcome check_message(const Message& message) {
    const std::array<Outcome, 8> checks{
        check_mailbox(message.from, "From"),
        check_mailbox(message.to, "To"),
        check_header_text(message.subject, "Subject"),
        check_message_id(message.message_id),
        check_headers(message.headers),
        check_attachments(message.attachments),
        check_text(message.text),
        check_text(message.html),
    };
    for (const auto& check : checks) {
        if (!check) {
            return check.error();
        }
    }
    return done();
}

std::string mailbox_text(const Mailbox& mailbox, std::size_t column) {
    if (mailbox.name.empty()) {
        return "<" + mailbox.address + ">";
    }
    std::string out = encode_phrase(mailbox.name, column);
    const std::size_t line = out.rfind('\n');
    const std::size_t used = line == std::string::npos ? column + out.size() : out.size() - line;
    out += used + mailbox.address.size() + 3 > kHeaderColumns ? "\r\n <" : " <";
    return out + mailbox.address + ">";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += encode_words(value, name.size() + 2);
    out += "\r\n";
}

// "=_" cannot occur in base64 (RFC 2045 §6.7), so no part can hold the boundary whatever is in it.
// `lead` tells the levels of one mail apart.
std::string boundary_for(std::string_view lead, std::string_view message_id) {
    constexpr std::size_t length_max = 48;  // with the lead below the 70 of RFC 2046 §5.1.1
    std::string out = "=_" + std::string(lead) + "_";
    for (const char c : message_id) {
        if (is_letter_or_digit(c) && out.size() < length_max) {
            out += c;
        }
    }
    return out;
}

void append_text_part(std::string& out, std::string_view subtype, std::string_view text) {
    out += "Content-Type: text/" + std::string(subtype) +
           "; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    append_base64_lines(out, with_crlf(text));
}

void append_multipart(std::string& out, std::string_view subtype, const std::string& boundary) {
    out += "Content-Type: multipart/" + std::string(subtype) + ";\r\n boundary=\"" + boundary +
           "\"\r\n\r\n";
}

// The best form last (RFC 2046 §5.1.4).
void append_words(std::string& out, const Message& message) {
    if (message.html.empty()) {
        append_text_part(out, "plain", message.text);
        return;
    }
    const std::string boundary = boundary_for("alt", message.message_id);
    append_multipart(out, "alternative", boundary);
    out += "--" + boundary + "\r\n";
    append_text_part(out, "plain", message.text);
    out += "--" + boundary + "\r\n";
    append_text_part(out, "html", message.html);
    out += "--" + boundary + "--\r\n";
}

void append_attachment(std::string& out, const Attachment& attachment) {
    // Old readers look for the name in Content-Type and know RFC 2047 only; current ones follow
    // RFC 2231. An ASCII filename= beside filename*= would win in some readers, so there is none.
    const std::string name = encode_phrase(attachment.name, 7);
    out += "Content-Type: " + attachment.type + ";\r\n name=";
    out += name.front() == '"' ? name : "\"" + name + "\"";
    out += "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment";
    out += encode_parameter("filename", attachment.name);
    out += "\r\n\r\n";
    append_base64_lines(out, attachment.bytes);
}

/// RFC 8551 §3.3. The older x-pkcs7-mime is for clients that nobody has any more.
void append_enveloped(std::string& out, std::string_view enveloped) {
    out +=
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=smime.p7m\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=smime.p7m\r\n\r\n";
    append_base64_lines(out, enveloped);
}

std::string header_block(const Message& message) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(message.date);
    std::string out = "Date: " + to_mail_date(seconds.time_since_epoch().count()) + "\r\n";
    out += "From: " + mailbox_text(message.from, 6) + "\r\n";
    out += "To: " + mailbox_text(message.to, 4) + "\r\n";
    append_header(out, "Subject", message.subject);
    out += "Message-ID: " + message.message_id + "\r\n";
    for (const auto& header : message.headers) {
        append_header(out, header.name, header.value);
    }
    // RFC 3834 §5: no vacation notice is wanted as an answer.
    out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
    return out;
}

// What the mail holds: the words, and what is attached to them.
void append_content(std::string& out, const Message& message) {
    if (message.attachments.empty()) {
        append_words(out, message);
        return;
    }
    const std::string boundary = boundary_for("part", message.message_id);
    append_multipart(out, "mixed", boundary);
    out += "--" + boundary + "\r\n";
    append_words(out, message);
    for (const auto& attachment : message.attachments) {
        out += "--" + boundary + "\r\n";
        append_attachment(out, attachment);
    }
    out += "--" + boundary + "--\r\n";
}

// RFC 8551 §3.5.3: the content as it is, then a signature over exactly these bytes. All of it is
// 7-bit with CRLF line ends already, as §3.1.1 wants.
Outcome append_signed_content(std::string& out, const Message& message) {
    std::string content;
    content.reserve(out.capacity());
    append_content(content, message);
    const auto signature = message.sign(content);
    if (!signature) {
        return signature.error();
    }
    const std::string boundary = boundary_for("sign", message.message_id);
    out +=
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n "
        "micalg=sha-256; boundary=\"" +
        boundary + "\"\r\n\r\n--" + boundary + "\r\n" + content + "\r\n--" + boundary +
        "\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=smime.p7s\r\n\r\n";
    append_base64_lines(out, *signature);
    out += "\r\n--" + boundary + "--\r\n";
    return done();
}

std::size_t encoded_size(const Message& message) {
    std::size_t bytes =
        message.text.size() + message.html.size() + message.enveloped.size() + 4'096;
    for (const auto& attachment : message.attachments) {
        bytes += attachment.bytes.size() + 1'024;
    }
    return bytes / 57 * 78 + 4'096;
}

}  // namespace

Outcome check_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (address.size() > kAddressMax || at == std::string_view::npos ||
        !is_local_part(address.substr(0, at)) || !is_domain(address.substr(at + 1))) {
        return message_error("mail.bad_address",
                             "This is not a mail address that can be written to: name@domain in "
                             "plain letters; Chinese domains in their xn-- form.",
                             {});
    }
    return done();
}

Result<std::string> compose(const Message& message) {
    const auto checked = check_message(message);
    if (!checked) {
        return checked.error();
    }
    if (encoded_size(message) > kMessageBytesMax) {
        return message_error("mail.too_large",
                             "The mail would be larger than mail servers take (10 MB).", {});
    }

    std::string out;
    out.reserve(encoded_size(message));
    out += header_block(message);
    if (!message.enveloped.empty()) {
        append_enveloped(out, message.enveloped);
        return out;
    }
    if (message.sign) {
        const auto signed_content = append_signed_content(out, message);
        if (!signed_content) {
            return signed_content.error();
        }
        return out;
    }
    append_content(out, message);
    return out;
}

Result<Secret> compose_entity(Message words, std::string_view bytes) {
    words.message_id = "entity";  // only the boundaries come of it
    const std::array<Outcome, 2> checks{check_text(words.text),
                                        check_attachments(words.attachments)};
    for (const auto& check : checks) {
        if (!check) {
            return check.error();
        }
    }
    std::string& copy = words.attachments.front().bytes;
    copy.reserve(bytes.size());
    copy = bytes;
    std::string out;
    // base64 takes 1.4: it never moves
    out.reserve((words.text.size() + words.html.size() + bytes.size()) * 2 + 8'192);
    append_content(out, words);
    Secret entity(out);
    wipe({out.data(), out.size()});
    wipe({copy.data(), copy.size()});
    return entity;
}

}  // namespace sealdesk::mail
