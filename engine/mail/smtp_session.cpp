#include "mail/smtp_session.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/password_file.h"
#include "base/secret.h"
#include "base/text.h"
#include "mail/message.h"
#include "mail/mime_text.h"
#include "mail/smtp_login.h"
#include "mail/smtp_reply.h"
#include "mail/smtp_wire.h"

namespace sealdesk::mail {
namespace {

using std::chrono::milliseconds;

/// What a server may have to say to QUIT is not worth more.
constexpr milliseconds kQuitWait{1'000};
/// For an answer that lies in the buffers already.
constexpr milliseconds kAnswerWaitMin{100};
/// RFC 5321 §4.5.3.1.4: a command line has at most 512 octets, and 500 more where the server knows
/// RFC 3461 (its §4).
constexpr std::size_t kCommandMax = 1'012;
constexpr std::size_t kOriginalMax = 500;

Error host_error(std::string code, std::string detail) {
    return Error{ErrorKind::Unavailable, std::move(code), std::move(detail), {}, {}};
}

Error settings_error(std::string detail) {
    return Error{ErrorKind::Invalid, "mail.bad_settings", std::move(detail), {}, {}};
}

// "535 5.7.8" or "no answer": what may be logged of a reply.
std::string code_text(const Reply& reply) {
    if (reply.code == 0) {
        return "no readable answer";
    }
    return std::to_string(reply.code) + (reply.enhanced.empty() ? "" : " " + reply.enhanced);
}

// RFC 3461 §4: "+" and "=" and what is not printable as +HH.
std::string to_xtext(std::string_view text) {
    std::string coded;
    for (const char c : text) {
        const bool plain = c > ' ' && c < 0x7F && c != '+' && c != '=';
        coded += plain ? std::string(1, c) : "+" + to_upper_ascii(to_hex({&c, 1}));
    }
    return coded;
}

bool is_positive(const Reply& reply) { return reply.code / 100 == 2; }

}  // namespace

std::string_view to_text(Stage stage) {
    switch (stage) {
        case Stage::Connect: return "connect";
        case Stage::Tls: return "tls";
        case Stage::Login: return "login";
        case Stage::Sender: return "sender";
        case Stage::Recipient: return "recipient";
        case Stage::Data: return "data";
        case Stage::Body: return "body";
        case Stage::Answer: return "answer";
    }
    SEALDESK_CHECK(false);
}

struct SmtpSession::Talk {
    explicit Talk(const SmtpSettings& settings) : wire(settings) {}

    SmtpWire wire;
    std::vector<std::string> abilities;  ///< EHLO's lines, upper case
    std::optional<Envelope> offered;
    bool pipelined = false;    ///< the server takes command groups
    bool reset_first = false;  ///< a refused mail's remains are still in the session
    bool reset_under_way = false;
    bool body_is_out = false;
    bool dot_left = false;
    SmtpWire::Unasked before_dot = SmtpWire::Unasked::Nothing;
    std::chrono::steady_clock::time_point answer_due;
    int messages = 0;
    int refusals = 0;

    /// The words behind a keyword of EHLO, or nothing if the server did not name it.
    [[nodiscard]] std::optional<std::string> ability(std::string_view keyword) const {
        for (const auto& line : abilities) {
            if (line.compare(0, keyword.size(), keyword) == 0 &&
                (line.size() == keyword.size() || line[keyword.size()] == ' ')) {
                return line.substr(keyword.size());
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string sender_command(const Envelope& envelope) const {
        std::string command = "MAIL FROM:<" + envelope.from + ">";
        if (ability("SIZE")) {
            command += " SIZE=" + std::to_string(envelope.size);
        }
        if (ability("DSN")) {
            command += " RET=HDRS" + (envelope.id.empty() ? "" : " ENVID=" + to_xtext(envelope.id));
        }
        return command;
    }

    // Of failures and delays we want to hear, with the address as we know it (RFC 3461).
    [[nodiscard]] std::string recipient_command(const Envelope& envelope) const {
        std::string command = "RCPT TO:<" + envelope.to + ">";
        if (ability("DSN")) {
            const std::string original = to_xtext(envelope.to);
            command += " NOTIFY=FAILURE,DELAY";
            command += original.size() > kOriginalMax ? "" : " ORCPT=rfc822;" + original;
        }
        return command;
    }
};

SmtpSession::SmtpSession(SmtpSettings settings) : settings_(std::move(settings)) {}

SmtpSession::~SmtpSession() { close(); }

Outcome SmtpSession::open() {
    if (settings_.host.empty() || !is_plain_ascii(settings_.client_name) ||
        settings_.client_name.empty() || settings_.user.find('\0') != std::string::npos) {
        return settings_error("The mail server's host or our own name is missing or malformed.");
    }
    abandon();
    talk_ = std::make_unique<Talk>(settings_);
    const auto connected = talk_->wire.connect();
    if (!connected) {
        abandon();
        return connected.error();
    }
    auto ready = greet();
    if (ready && !settings_.user.empty()) {
        ready = log_in();
    }
    if (!ready) {
        abandon();
        return ready.error();
    }
    talk_->pipelined = settings_.pipelining && talk_->ability("PIPELINING").has_value();
    return done();
}

// Greeting, EHLO, TLS, EHLO again.
Outcome SmtpSession::greet() {
    if (settings_.tls == TlsMode::Implicit) {
        const auto secured = talk_->wire.start_tls();
        if (!secured) {
            return secured.error();
        }
    }
    const Reply greeting = hear(settings_.command_wait);
    if (greeting.code != 220) {
        return host_error("mail.greeting_refused",
                          "The mail server does not want us now: " + code_text(greeting));
    }
    const Reply hello = say_hello();
    if (hello.code != 250) {
        return host_error("mail.greeting_refused",
                          "The mail server does not know EHLO: " + code_text(hello));
    }
    if (settings_.tls != TlsMode::StartTls) {
        return done();
    }
    if (!talk_->ability("STARTTLS")) {
        return host_error("mail.tls_missing",
                          "The mail server does not offer STARTTLS; nothing was sent to it.");
    }
    const Reply go = ask("STARTTLS");
    if (go.code != 220) {
        return host_error("mail.tls_missing", "The mail server refused STARTTLS: " + code_text(go));
    }
    const auto secured = talk_->wire.start_tls();
    if (!secured) {
        return secured.error();
    }
    // RFC 3207 §4.2: what was said before TLS counts for nothing.
    const Reply again = say_hello();
    if (again.code != 250) {
        return host_error("mail.greeting_refused",
                          "The mail server refused EHLO under TLS: " + code_text(again));
    }
    return done();
}

Reply SmtpSession::say_secretly(const Secret& line) {
    const auto written = talk_->wire.write(line.reveal(), settings_.command_wait);
    return written ? hear(settings_.command_wait) : Reply{};
}

// The two prompts are answered by their order: their wording differs between servers.
Reply SmtpSession::answer_prompts(const Secret& password) {
    Reply reply = ask("AUTH LOGIN");
    if (reply.code == 334) {
        reply = say_secretly(auth_login_line(settings_.user));
    }
    if (reply.code == 334) {
        reply = say_secretly(auth_login_line(password.reveal()));
    }
    return reply;
}

Outcome SmtpSession::log_in() {
    const std::string offered = talk_->ability("AUTH").value_or("") + " ";
    const bool plain = offered.find(" PLAIN ") != std::string::npos;
    if (!plain && offered.find(" LOGIN ") == std::string::npos) {
        return host_error("mail.login_refused",
                          "The mail server offers neither AUTH PLAIN nor AUTH LOGIN.");
    }
    const auto password = read_password_file(settings_.password_file);
    if (!password) {
        return password.error();
    }
    const Reply reply = plain ? say_secretly(auth_plain_line(settings_.user, *password))
                              : answer_prompts(*password);
    if (reply.code != 235) {
        return host_error("mail.login_refused",
                          "The mail server refused the login: " + code_text(reply));
    }
    return done();
}

bool SmtpSession::is_open() const { return talk_ != nullptr; }

bool SmtpSession::is_spent() const {
    return talk_ == nullptr || talk_->messages >= settings_.session_messages_max ||
           talk_->refusals >= settings_.session_refusals_max;
}

int SmtpSession::messages() const { return talk_ == nullptr ? 0 : talk_->messages; }

bool SmtpSession::has_offer() const { return talk_ != nullptr && talk_->offered.has_value(); }

// Reads one reply; code 0 when there is none to be had, after which the session is of no use.
Reply SmtpSession::hear(milliseconds wait, std::vector<std::string>* lines) {
    Reply reply;
    for (int i = 0; i < kReplyLinesMax; ++i) {
        const auto read = talk_->wire.read_line(wait);
        if (!read) {
            return Reply{0, {}, harmless(read.error().detail)};
        }
        const auto line = parse_reply_line(*read);
        if (!line || (reply.code != 0 && line->code != reply.code)) {
            return Reply{0, {}, harmless("unreadable: " + *read)};
        }
        if (i == 0) {
            reply.enhanced = enhanced_code(line->code, line->text);
        } else {
            reply.text += ' ';
        }
        if (lines != nullptr) {
            lines->push_back(to_upper_ascii(line->text));
        }
        reply.code = line->code;
        reply.text += line->text;
        if (line->is_last) {
            reply.text = harmless(reply.text);
            return reply;
        }
    }
    return Reply{0, {}, "a reply without an end"};
}

// EHLO; its lines after the first are the server's abilities, and replace what it said before.
Reply SmtpSession::say_hello() {
    talk_->abilities.clear();
    const std::string command = "EHLO " + settings_.client_name + "\r\n";
    if (!talk_->wire.write(command, settings_.command_wait)) {
        return {};
    }
    Reply reply = hear(settings_.command_wait, &talk_->abilities);
    if (!talk_->abilities.empty()) {
        talk_->abilities.erase(talk_->abilities.begin());
    }
    return reply;
}

Reply SmtpSession::ask(std::string_view command) {
    SEALDESK_CHECK(command.size() < kCommandMax && is_plain_ascii(command));
    const auto written = talk_->wire.write(std::string(command) + "\r\n", settings_.command_wait);
    return written ? hear(settings_.command_wait) : Reply{};
}

void SmtpSession::offer(const Envelope& envelope) {
    SEALDESK_CHECK(talk_ != nullptr && !talk_->offered && !talk_->body_is_out);
    // The last gate before the wire: an address that breaks a line would be a command of its own.
    SEALDESK_CHECK(check_address(envelope.to).has_value());
    SEALDESK_CHECK(check_address(envelope.from).has_value());
    talk_->offered = envelope;
    ++talk_->messages;
    if (talk_->pipelined) {
        const std::string group = (talk_->reset_first ? "RSET\r\n" : "") +
                                  talk_->sender_command(envelope) + "\r\n" +
                                  talk_->recipient_command(envelope) + "\r\nDATA\r\n";
        talk_->reset_under_way = std::exchange(talk_->reset_first, false);
        // A failure shows when the answers are read.
        (void)talk_->wire.write(group, settings_.command_wait);
    }
}

Handover SmtpSession::lost(Stage stage) {
    abandon();
    return Handover{Verdict::Lost, stage, {}};
}

// What a reply to MAIL, RCPT or DATA means. After 421, or no reply, the session is over.
Handover SmtpSession::envelope_step(Stage stage, const Reply& reply) {
    const bool wanted = stage == Stage::Data ? reply.code == 354 : is_positive(reply);
    if (wanted) {
        return Handover{Verdict::Ok, stage, reply};
    }
    ++talk_->refusals;
    talk_->reset_first = true;
    if (reply.code < 400 || reply.code == 421) {
        abandon();
    }
    if (reply.code < 400) {
        return Handover{Verdict::Lost, stage, reply};
    }
    return Handover{reply.code < 500 ? Verdict::Temporary : Verdict::Permanent, stage, reply};
}

// MAIL, RCPT and DATA went out as one group: their answers come in that order, also those to
// commands that a refusal made pointless.
Handover SmtpSession::hear_group() {
    if (talk_->reset_under_way && !is_positive(hear(settings_.command_wait))) {
        return lost(Stage::Sender);
    }
    Handover answer;
    for (const Stage stage : {Stage::Sender, Stage::Recipient, Stage::Data}) {
        if (answer.verdict == Verdict::Ok) {
            answer = envelope_step(stage, hear(settings_.command_wait));
        } else if (talk_ != nullptr) {
            const int code = hear(settings_.command_wait).code;
            if (code < 400 || code == 421) {
                abandon();  // gone, or it waits for a body that nobody wants
            }
        }
    }
    return answer;
}

Handover SmtpSession::ask_step_by_step(const Envelope& envelope) {
    if (talk_->reset_first && !is_positive(ask("RSET"))) {
        return lost(Stage::Sender);
    }
    talk_->reset_first = false;
    Handover answer = envelope_step(Stage::Sender, ask(talk_->sender_command(envelope)));
    if (answer.verdict == Verdict::Ok) {
        answer = envelope_step(Stage::Recipient, ask(talk_->recipient_command(envelope)));
    }
    if (answer.verdict == Verdict::Ok) {
        answer = envelope_step(Stage::Data, ask("DATA"));
    }
    return answer;
}

Handover SmtpSession::transfer(std::string_view message) {
    SEALDESK_CHECK(talk_ != nullptr && talk_->offered);
    const auto body = dot_stuffed(message);
    SEALDESK_CHECK(body.has_value());
    const Envelope envelope = *std::exchange(talk_->offered, std::nullopt);
    Handover accepted = talk_->pipelined ? hear_group() : ask_step_by_step(envelope);
    if (accepted.verdict != Verdict::Ok) {
        return accepted;
    }
    if (!talk_->wire.write(*body, settings_.command_wait)) {
        return lost(Stage::Body);
    }
    talk_->body_is_out = true;
    return Handover{Verdict::Ok, Stage::Body, {}};
}

void SmtpSession::send_dot() {
    SEALDESK_CHECK(talk_ != nullptr && talk_->body_is_out);
    // A server that went away, or said its last word, while the mark was written has not got the
    // dot: that is no doubt, and need not become one.
    talk_->before_dot = talk_->wire.unasked();
    if (talk_->before_dot == SmtpWire::Unasked::Nothing) {
        talk_->answer_due = std::chrono::steady_clock::now() + settings_.dot_wait;
        talk_->dot_left = talk_->wire.write(".\r\n", settings_.dot_wait).has_value();
    }
}

// The server ended the matter before the dot: certainly not taken.
Handover SmtpSession::answer_without_dot() {
    const bool spoke = talk_->before_dot == SmtpWire::Unasked::Bytes;
    const Reply reply = spoke ? hear(settings_.command_wait) : Reply{};
    abandon();
    if (reply.code < 400) {
        return Handover{Verdict::Lost, Stage::Body, reply};
    }
    const Verdict verdict = reply.code < 500 ? Verdict::Temporary : Verdict::Permanent;
    return Handover{verdict, Stage::Body, reply};
}

Handover SmtpSession::answer() {
    SEALDESK_CHECK(talk_ != nullptr && talk_->body_is_out);
    talk_->body_is_out = false;
    if (talk_->before_dot != SmtpWire::Unasked::Nothing) {
        return answer_without_dot();
    }
    // What has arrived meanwhile is read even if another session used the time up.
    const auto left = std::chrono::duration_cast<milliseconds>(talk_->answer_due -
                                                               std::chrono::steady_clock::now());
    const Reply reply = talk_->dot_left ? hear(std::max(left, kAnswerWaitMin)) : Reply{};
    if (is_positive(reply)) {
        return Handover{Verdict::Ok, Stage::Answer, reply};
    }
    if (reply.code < 400) {
        abandon();
        return Handover{Verdict::Unknown, Stage::Answer, reply};
    }
    ++talk_->refusals;
    if (reply.code == 421) {
        abandon();
    }
    const Verdict verdict = reply.code < 500 ? Verdict::Temporary : Verdict::Permanent;
    return Handover{verdict, Stage::Answer, reply};
}

void SmtpSession::close() {
    if (talk_ != nullptr && !talk_->offered && !talk_->body_is_out) {
        if (talk_->wire.write("QUIT\r\n", kQuitWait)) {
            (void)talk_->wire.read_line(kQuitWait);
        }
    }
    abandon();
}

void SmtpSession::abandon() { talk_.reset(); }

}  // namespace sealdesk::mail
