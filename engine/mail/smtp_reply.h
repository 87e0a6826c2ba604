#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/smtp_session.h"

namespace sealdesk::mail {

/// One line of a reply taken apart.
struct ReplyLine {
    int code;
    bool is_last;
    std::string text;
};

/// "250-PIPELINING" → 250, more follows, "PIPELINING". Nothing when it is not a reply line of
/// RFC 5321 §4.2 with a code of 200–599.
[[nodiscard]] std::optional<ReplyLine> parse_reply_line(std::string_view line);

/// "5.1.1" at the start of a reply's text, if it is an enhanced status code (RFC 3463) of the same
/// class as the reply code; else empty.
[[nodiscard]] std::string enhanced_code(int code, std::string_view text);

/// Printable ASCII of it, at most 500 bytes: what an operator's screen and the outbox may hold of
/// text that a stranger wrote.
[[nodiscard]] std::string harmless(std::string_view text);

/// The message as DATA sends it, without the final dot: lines starting with a dot get a second one
/// (RFC 5321 §4.5.2). The message has CRLF line ends only and ends with one; nothing when not, as
/// a bare CR or LF reads differently to every server.
[[nodiscard]] std::optional<std::string> dot_stuffed(std::string_view message);

/// Lines in one reply; EHLO answers have about twenty.
inline constexpr int kReplyLinesMax = 100;

}  // namespace sealdesk::mail
