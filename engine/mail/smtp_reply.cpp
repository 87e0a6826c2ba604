#include "mail/smtp_reply.h"

#include <algorithm>

namespace sealdesk::mail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Length of a run of 1–3 digits at `from`, 0 if there is none or it is longer.
std::size_t digits_at(std::string_view text, std::size_t from) {
    std::size_t length = 0;
    while (from + length < text.size() && is_digit(text[from + length])) {
        ++length;
    }
    return length <= 3 ? length : 0;
}

bool is_canonical(std::string_view message) {
    if (message.size() < 2 || message.substr(message.size() - 2) != "\r\n") {
        return false;
    }
    for (std::size_t at = message.find_first_of("\r\n"); at != std::string_view::npos;
         at = message.find_first_of("\r\n", at + 2)) {
        if (message.substr(at, 2) != "\r\n") {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<ReplyLine> parse_reply_line(std::string_view line) {
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]) ||
        line[0] < '2' || line[0] > '5' || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) {
        return std::nullopt;
    }
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    const bool is_last = line.size() == 3 || line[3] == ' ';
    return ReplyLine{code, is_last, std::string(line.size() > 4 ? line.substr(4) : "")};
}

std::string enhanced_code(int code, std::string_view text) {
    if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') {
        return {};
    }
    const std::size_t subject = digits_at(text, 2);
    if (subject == 0 || 2 + subject >= text.size() || text[2 + subject] != '.') {
        return {};
    }
    const std::size_t detail = digits_at(text, 3 + subject);
    const std::size_t end = 3 + subject + detail;
    if (detail == 0 || (end < text.size() && text[end] != ' ')) {
        return {};
    }
    return std::string(text.substr(0, end));
}

std::string harmless(std::string_view text) {
    constexpr std::size_t kept = 500;
    std::string out(text.substr(0, kept));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    return out;
}

std::optional<std::string> dot_stuffed(std::string_view message) {
    if (!is_canonical(message)) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(message.size() + 64);
    if (message.front() == '.') {
        out += '.';
    }
    std::size_t from = 0;
    for (std::size_t at = message.find("\r\n."); at != std::string_view::npos;
         at = message.find("\r\n.", from)) {
        out += message.substr(from, at + 3 - from);
        out += '.';
        from = at + 3;
    }
    out += message.substr(from);
    return out;
}

}  // namespace sealdesk::mail
