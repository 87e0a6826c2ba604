#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/smtp_session.h"

namespace sealdesk::mail {

/// The bytes under an SMTP conversation: a TCP connection, later under TLS, read line by line with
/// a limit on length and time. Nothing thrown by the network library leaves it.
class SmtpWire {
public:
    explicit SmtpWire(const SmtpSettings& settings);
    ~SmtpWire();  ///< closes at once
    SmtpWire(const SmtpWire&) = delete;
    SmtpWire& operator=(const SmtpWire&) = delete;

    /// Tries the host's addresses one after another. Error: mail.no_connection; mail.bad_settings
    /// when TLS is switched off and the address is not a loopback one.
    [[nodiscard]] Outcome connect();

    /// Puts TLS under the conversation. The host name is bound inside the handshake, so that a
    /// handshake that ends late is held to it as well. Error: mail.tls_failed.
    [[nodiscard]] Outcome start_tls();

    /// Error: mail.connection_lost.
    [[nodiscard]] Outcome write(std::string_view bytes, std::chrono::milliseconds wait);

    /// One line without its end. Errors: mail.connection_lost (closed, silent for `wait`, or a
    /// line over kLineMax).
    [[nodiscard]] Result<std::string> read_line(std::chrono::milliseconds wait);

    /// What the server has sent without being asked: nothing, something, or the end of the
    /// connection. Does not wait.
    enum class Unasked { Nothing, Bytes, End };
    [[nodiscard]] Unasked unasked();

    /// RFC 5321 §4.5.3.1.5 allows 512 bytes for a reply line; some servers say more.
    static constexpr std::size_t kLineMax = 4'096;

private:
    struct Socket;
    [[nodiscard]] Outcome fill(std::chrono::milliseconds wait);

    const SmtpSettings& settings_;
    std::unique_ptr<Socket> socket_;
    std::string buffer_;
};

}  // namespace sealdesk::mail
