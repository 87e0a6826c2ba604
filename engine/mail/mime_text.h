#pragma once

#include <string>
#include <string_view>

namespace sealdesk::mail {

/// A line of a header is folded before this column (RFC 5322 §2.1.1: should not exceed 78).
inline constexpr std::size_t kHeaderColumns = 76;

/// True when the text may stand in a header: well-formed UTF-8 without C0 and C1 controls, DEL and
/// the Unicode line separators; so no line end in any disguise.
[[nodiscard]] bool is_header_text(std::string_view text);

/// True when every byte is printable ASCII or a blank.
[[nodiscard]] bool is_plain_ascii(std::string_view text);

/// Unstructured header text: as it is when short printable ASCII, else RFC 2047 B-words of whole
/// characters, each at most 75 bytes, folded. `column` is where on its line the text begins.
/// The text satisfies is_header_text().
[[nodiscard]] std::string encode_words(std::string_view text, std::size_t column);

/// A display name: quoted-string when short printable ASCII, else B-words.
[[nodiscard]] std::string encode_phrase(std::string_view name, std::size_t column);

/// "…" with \" and \\ inside (RFC 5322 §3.2.4).
[[nodiscard]] std::string quoted(std::string_view ascii);

/// One parameter of a MIME header, starting with ";CRLF ": quoted when printable ASCII, else in the
/// continuations of RFC 2231 (name*0*=UTF-8''…), cut between characters.
[[nodiscard]] std::string encode_parameter(std::string_view name, std::string_view value);

/// Appends base64 in lines of 76 columns, each ended by CRLF (RFC 2045 §6.8).
void append_base64_lines(std::string& out, std::string_view bytes);

/// Every line end (CRLF, CR, LF) as CRLF.
[[nodiscard]] std::string with_crlf(std::string_view text);

/// "Fri, 20 Nov 2026 17:15:00 +0800" (RFC 5322 §3.3), Taipei time.
[[nodiscard]] std::string to_mail_date(std::int64_t unix_seconds);

}  // namespace sealdesk::mail
