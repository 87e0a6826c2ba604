#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::mail {

/// How the wire to the mail server is protected.
enum class TlsMode {
    StartTls,  ///< plain greeting, then STARTTLS; refused if the server does not offer it
    Implicit,  ///< TLS from the first byte (port 465)
    None,      ///< no TLS; only when the server's address is a loopback one
};

/// How to reach the mail server (our submission host; it does the delivery to the world).
/// Waits follow RFC 5321 §4.5.3.2.
struct SmtpSettings {
    std::string host;
    std::uint16_t port = 587;  ///< RFC 6409
    TlsMode tls = TlsMode::StartTls;
    std::string ca_file = {};               ///< PEM; empty: the system's authorities
    std::string client_name = "localhost";  ///< for EHLO
    std::string user = {};                  ///< empty: no AUTH
    std::string password_file = {};         ///< one line; readable by its owner only
    bool pipelining = true;                 ///< use RFC 2920 when offered
    std::chrono::milliseconds connect_wait = std::chrono::seconds(30);
    std::chrono::milliseconds command_wait = std::chrono::minutes(5);
    /// For the answer to the final dot. Shorter means duplicates (RFC 5321 §4.5.3.2.6).
    std::chrono::milliseconds dot_wait = std::chrono::minutes(10);
    int session_messages_max = 100;  ///< then a new session; large relays limit it
    /// Refused recipients, then a new session: Postfix slows a session down by 1 s an error after
    /// 10 errors and drops it at 20, and each refused recipient costs it two errors (measured).
    int session_refusals_max = 4;
};

/// How far a handover had come.
enum class Stage { Connect, Tls, Login, Sender, Recipient, Data, Body, Answer };
[[nodiscard]] std::string_view to_text(Stage stage);

/// What the server said. The text may repeat the recipient's address: for the outbox row, never for
/// a log or an audit event (M 2.8.1).
struct Reply {
    int code = 0;          ///< 0: it said nothing (lost, silent, or not SMTP)
    std::string enhanced;  ///< "5.1.1" (RFC 2034), or empty
    std::string text;      ///< printable ASCII, at most 500 bytes
};

/// The result of one step of a handover.
enum class Verdict {
    Ok,         ///< go on; after the answer: the server has taken the mail
    Temporary,  ///< 4xx: certainly not taken, may be later
    Permanent,  ///< 5xx: certainly not taken
    Lost,       ///< the connection broke before the dot: certainly not taken
    Unknown,    ///< no readable answer to the dot: taken or not, nobody can tell
};

struct Handover {
    Verdict verdict = Verdict::Ok;
    Stage stage = Stage::Connect;
    Reply reply = {};
};

struct Envelope {
    std::string from;
    std::string to;
    std::size_t size = 0;  ///< bytes of the message, for SIZE (RFC 1870)
    /// By which reports of failure name it (ENVID), where the server knows RFC 3461; empty: by
    /// nothing.
    std::string id = {};
};

/// One conversation with the mail server, reused for many mails. Each mail takes three steps, so
/// that the outbox can write its mark between body and dot, and so that the next mail's envelope
/// is on its way while the last one's answer is recorded:
///
///     session.offer(envelope);          // MAIL, RCPT, DATA leave; nothing is awaited
///     session.transfer(message);        // their answers; the body leaves, but not its end
///     …the outbox commits "dot"…
///     session.send_dot();               // from here on the server may have it
///     session.answer();                 // what it says
///
/// Several sessions can go through the steps abreast, so that they share the commits and the server
/// works on all of them at once. Server certificate and host
/// name are verified inside the handshake; TLS 1.2 or better.
class SmtpSession {
public:
    explicit SmtpSession(SmtpSettings settings);
    ~SmtpSession();  ///< closes; says QUIT if the session is in order
    SmtpSession(const SmtpSession&) = delete;
    SmtpSession& operator=(const SmtpSession&) = delete;

    /// Connects, starts TLS, logs in. Errors are about the host, never about a mail:
    /// mail.bad_settings (Invalid), mail.no_connection, mail.greeting_refused, mail.tls_missing,
    /// mail.tls_failed, mail.login_refused (all Unavailable).
    [[nodiscard]] Outcome open();

    [[nodiscard]] bool is_open() const;
    /// True when the next mail should use a new session (see SmtpSettings), or this one is broken.
    [[nodiscard]] bool is_spent() const;
    /// Mails whose handover began on this session.
    [[nodiscard]] int messages() const;

    void offer(const Envelope& envelope);
    [[nodiscard]] bool has_offer() const;  ///< an envelope is out whose body has not followed
    [[nodiscard]] Handover transfer(std::string_view message);
    void send_dot();
    /// Waits until SmtpSettings::dot_wait after the dot, so that sessions abreast wait together.
    [[nodiscard]] Handover answer();

    void close();    ///< politely
    void abandon();  ///< at once, without a word: whatever was under way is not taken

private:
    struct Talk;  // what exists only while a connection does

    [[nodiscard]] Outcome log_in();
    [[nodiscard]] Reply say_secretly(const Secret& line);
    [[nodiscard]] Reply answer_prompts(const Secret& password);
    [[nodiscard]] Reply ask(std::string_view command);
    [[nodiscard]] Reply hear(std::chrono::milliseconds wait,
                             std::vector<std::string>* lines = nullptr);
    [[nodiscard]] Reply say_hello();
    [[nodiscard]] Outcome greet();
    [[nodiscard]] Handover envelope_step(Stage stage, const Reply& reply);
    [[nodiscard]] Handover hear_group();
    [[nodiscard]] Handover ask_step_by_step(const Envelope& envelope);
    [[nodiscard]] Handover answer_without_dot();
    [[nodiscard]] Handover lost(Stage stage);

    SmtpSettings settings_;
    std::unique_ptr<Talk> talk_;
};

}  // namespace sealdesk::mail
