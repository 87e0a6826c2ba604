#include "mail/smtp_login.h"

#include <algorithm>
#include <span>

namespace sealdesk::mail {
namespace {

// Writes base64 of `in` to `out` and returns the number of digits; no copy is left behind.
std::size_t encode_secret(std::string_view in, std::span<char> out) {
    constexpr std::string_view digit_of =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::size_t to = 0;
    for (std::size_t i = 0; i < in.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, in.size() - i);
        unsigned v = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const char c = k < count ? in[i + k] : '\0';
            v = v << 8U | static_cast<unsigned char>(c);
        }
        out[to++] = digit_of[v >> 18U & 63U];
        out[to++] = digit_of[v >> 12U & 63U];
        out[to++] = count > 1 ? digit_of[v >> 6U & 63U] : '=';
        out[to++] = count > 2 ? digit_of[v & 63U] : '=';
    }
    return to;
}

Secret line_with_base64(std::string_view command, std::string_view bytes) {
    const std::size_t digits = (bytes.size() + 2) / 3 * 4;
    Secret line(command.size() + digits + 2);
    const auto out = line.fill();
    std::copy(command.begin(), command.end(), out.begin());
    encode_secret(bytes, out.subspan(command.size(), digits));
    out[out.size() - 2] = '\r';
    out[out.size() - 1] = '\n';
    return line;
}

}  // namespace

Secret auth_plain_line(std::string_view user, const Secret& password) {
    Secret bytes(user.size() + password.size() + 2);
    const auto out = bytes.fill();
    out[0] = '\0';
    std::copy(user.begin(), user.end(), out.begin() + 1);
    out[user.size() + 1] = '\0';
    const auto secret = password.reveal();
    std::copy(secret.begin(), secret.end(),
              out.begin() + static_cast<std::ptrdiff_t>(user.size()) + 2);
    return line_with_base64("AUTH PLAIN ", bytes.reveal());
}

Secret auth_login_line(std::string_view answer) { return line_with_base64("", answer); }

}  // namespace sealdesk::mail
