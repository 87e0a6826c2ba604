#include "mail/own_mail.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace sealdesk::mail {
namespace {

/// A header of the block at the head of `part`, unfolded; empty when it is not there.
std::string header_in(std::string_view part, std::string_view name) {
    const std::string_view block = part.substr(0, part.find("\r\n\r\n"));
    const std::string wanted = "\r\n" + std::string(name) + ": ";
    std::size_t at = ("\r\n" + std::string(block)).find(wanted);
    if (at == std::string::npos) {
        return {};
    }
    at += wanted.size() - 2;  // without the line end that was put before the block
    std::string value;
    while (at < block.size()) {
        const std::size_t end = std::min(block.find("\r\n", at), block.size());
        value += block.substr(at, end - at);
        at = end + 2;
        if (at >= block.size() || block[at] != ' ') {
            break;
        }
    }
    return value;
}

/// The B-words of RFC 2047, one behind the other.
std::string decoded_words(std::string_view text) {
    constexpr std::string_view start = "=?UTF-8?B?";
    if (!text.starts_with(start)) {
        return std::string(text);
    }
    std::string decoded;
    for (std::size_t at = 0; at != std::string_view::npos && at < text.size();) {
        const std::size_t end = text.find("?=", at + start.size());
        if (end == std::string_view::npos) {
            break;
        }
        decoded +=
            from_base64(text.substr(at + start.size(), end - at - start.size())).value_or("");
        at = text.find(start, end);
    }
    return decoded;
}

std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded =
            text[i] == '%' && i + 2 < text.size() &&
            text.substr(i + 1, 2).find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
        plain += coded ? from_hex(text.substr(i + 1, 2)) : std::string(1, text[i]);
        i += coded ? 2 : 0;
    }
    return plain;
}

/// The parameter as encode_parameter() writes it: quoted, or in pieces (RFC 2231).
std::string file_name_in(std::string_view disposition) {
    std::string coded;
    for (std::size_t at = disposition.find("filename"); at != std::string_view::npos;
         at = disposition.find("filename", at + 1)) {
        const std::size_t equals = disposition.find('=', at);
        if (equals == std::string_view::npos) {
            break;
        }
        std::string_view value = disposition.substr(equals + 1);
        if (value.starts_with('"')) {
            value = value.substr(1, value.rfind('"') - 1);
            return std::string(value);
        }
        coded += value.substr(0, value.find(';'));
    }
    constexpr std::string_view charset = "UTF-8''";
    return percent_decoded(coded.starts_with(charset) ? coded.substr(charset.size()) : coded);
}

/// Bytes behind base64 lines up to the next boundary.
std::int64_t decoded_size(std::string_view lines) {
    std::int64_t digits = 0;
    std::int64_t padding = 0;
    for (const char c : lines.substr(0, lines.find("\r\n--"))) {
        digits += c == '\r' || c == '\n' ? 0 : 1;
        padding += c == '=' ? 1 : 0;
    }
    return digits / 4 * 3 - padding;
}

}  // namespace

OwnMail read_own_mail(std::string_view bytes) {
    OwnMail mail{decoded_words(header_in(bytes, "Subject")), {}};
    for (std::size_t at = bytes.find("\r\n--=_part_"); at != std::string_view::npos;
         at = bytes.find("\r\n--=_part_", at + 1)) {
        const std::size_t line_end = bytes.find('\n', at + 2);
        if (line_end == std::string_view::npos) {
            break;
        }
        const std::string_view part = bytes.substr(line_end + 1);
        const std::string disposition = header_in(part, "Content-Disposition");
        const std::size_t body = part.find("\r\n\r\n");
        if (disposition.starts_with("attachment") && body != std::string_view::npos) {
            mail.attachments.push_back(
                {file_name_in(disposition), decoded_size(part.substr(body + 4))});
        }
    }
    return mail;
}

std::string mask_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0) {
        return "***";
    }
    return std::string(address.substr(0, 1)) + "***" + std::string(address.substr(at));
}

}  // namespace sealdesk::mail
