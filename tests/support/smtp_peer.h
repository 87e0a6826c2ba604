#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sealdesk::test {

/// Where in the conversation a fault happens. Body: the connection is reset, right after 354, or
/// after the body's beginning and `say`; only a body of some MB is certain to be cut by it.
enum class PeerStep { Greeting, Hello, StartTls, Login, Sender, Recipient, Data, Body, Dot };

/// What goes wrong, instead of the usual answer of that step.
struct PeerFault {
    PeerStep at;
    std::string say = {};  ///< raw bytes to send; empty: nothing
    bool close = false;    ///< then the connection is reset
    bool keep = false;     ///< Dot: the mail is stored nevertheless (taken, but who knows?)
    std::chrono::milliseconds wait{0};  ///< before anything is said
    int times = 1;                      ///< how often; -1: always
    int pass_first = 0;                 ///< let so many pass before
    std::string only_for = {};          ///< part of the recipient's address; empty: everyone
};

struct PeerOptions {
    bool starttls = true;
    bool implicit_tls = false;
    bool pipelining = true;
    bool dsn = false;                    ///< knows RFC 3461
    std::string logins = "PLAIN LOGIN";  ///< behind AUTH
    std::string host_in_certificate = "localhost";
    bool other_authority = false;        ///< certificate from a CA that the client does not know
    std::chrono::milliseconds stall{0};  ///< before the server's part of the TLS handshake
};

/// A mail the peer has stored.
struct PeerMail {
    std::string from;
    std::string to;
    std::string bytes;  ///< as written: dots unstuffed
    int session;        ///< 1 for the first connection
};

/// A mail server in this process, on a free loopback port, that fails where it is told to. Written
/// on bare sockets and OpenSSL, so that it shares no code with what it tests. It counts what it
/// took: the oracle for "sent once".
class SmtpPeer {
public:
    explicit SmtpPeer(PeerOptions options = {});
    ~SmtpPeer();
    SmtpPeer(const SmtpPeer&) = delete;
    SmtpPeer& operator=(const SmtpPeer&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string ca_file() const;        ///< PEM of the authority clients trust
    [[nodiscard]] std::string password_file() const;  ///< password of user "desk"

    void fault(PeerFault fault);

    [[nodiscard]] std::vector<PeerMail> mails() const;
    /// Every line heard in every session, without bodies.
    [[nodiscard]] std::vector<std::string> commands() const;
    [[nodiscard]] int sessions() const;
    /// The most mails to one domain whose bodies were under way at the same time.
    [[nodiscard]] int most_together(const std::string& domain) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sealdesk::test
