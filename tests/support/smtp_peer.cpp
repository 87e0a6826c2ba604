#include "support/smtp_peer.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/mail_certificates.h"
#include "support/temp_folder.h"

namespace sealdesk::test {
namespace {

/// base64 of NUL "desk" NUL "s3cret", and of the two words alone.
constexpr const char* kPlainAnswer = "AGRlc2sAczNjcmV0";
constexpr const char* kUserAnswer = "ZGVzaw==";
constexpr const char* kPasswordAnswer = "czNjcmV0";

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// One connection: bytes in and out, with or without TLS.
class PeerWire {
public:
    explicit PeerWire(int descriptor) : descriptor_(descriptor) {}

    bool start_tls(SSL_CTX* context) {
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), descriptor_);
        return SSL_accept(ssl_.get()) == 1;
    }

    void write(const std::string& bytes) {
        if (ssl_ != nullptr) {
            SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        } else {
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    }

    // False at the end of the connection.
    bool fill() {
        char bytes[16384];
        const auto count = ssl_ != nullptr
                               ? static_cast<ssize_t>(SSL_read(ssl_.get(), bytes, sizeof bytes))
                               : ::recv(descriptor_, bytes, sizeof bytes, 0);
        if (count <= 0) {
            return false;
        }
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    std::optional<std::string> line() {
        for (;;) {
            const std::size_t end = buffer_.find("\r\n");
            if (end != std::string::npos) {
                std::string found = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return found;
            }
            if (!fill()) {
                return std::nullopt;
            }
        }
    }

    std::string& buffer() { return buffer_; }

    // As a machine that loses power: no goodbye.
    void reset() {
        const linger now{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::shutdown(descriptor_, SHUT_RDWR);
    }

private:
    int descriptor_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::string buffer_;
};

void write_file(const std::filesystem::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    ::chmod(path.c_str(), 0600);
}

}  // namespace

struct SmtpPeer::Impl {
    PeerOptions options;
    TempFolder folder;
    std::unique_ptr<SSL_CTX, FreeContext> context;
    int listener = -1;
    std::uint16_t port = 0;
    std::atomic<int> sessions{0};

    std::mutex mutex;  // guards what is below
    std::vector<PeerFault> faults;
    std::vector<PeerMail> mails;
    std::vector<std::string> commands;
    std::map<std::string, int> together;  // bodies under way, by domain
    std::map<std::string, int> most_together;
    std::set<int> open_descriptors;
    std::vector<std::thread> threads;
    bool stopping = false;

    explicit Impl(PeerOptions wanted) : options(std::move(wanted)) {
        ::signal(SIGPIPE, SIG_IGN);
        make_context();
        write_file(folder.path() / "password", "s3cret\n");
        listen_somewhere();
        threads.emplace_back([this] { accept_all(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            ::shutdown(listener, SHUT_RDWR);
            for (const int descriptor : open_descriptors) {
                ::shutdown(descriptor, SHUT_RDWR);
            }
        }
        threads.front().join();  // the acceptor: after it nobody adds threads
        for (std::size_t i = 1; i < threads.size(); ++i) {
            threads[i].join();
        }
        ::close(listener);
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void make_context() {
        const auto authority = make_authority("peer authority");
        const auto stranger = make_authority("peer authority");
        const auto server = make_server_certificate(options.other_authority ? stranger : authority,
                                                    options.host_in_certificate);
        context.reset(SSL_CTX_new(TLS_server_method()));
        if (SSL_CTX_use_certificate(context.get(), server.certificate.get()) != 1 ||
            SSL_CTX_use_PrivateKey(context.get(), server.key.get()) != 1) {
            throw std::runtime_error("smtp peer: certificate");
        }
        write_file(folder.path() / "ca.pem", to_pem(authority.certificate.get()));
    }

    void listen_somewhere() {
        listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // Little room, so that a client cannot have sent a large body before it is told to stop.
        const int room = 65'536;
        ::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, length) != 0 || ::listen(listener, 50) != 0 ||
            ::getsockname(listener, generic, &length) != 0) {
            throw std::runtime_error("smtp peer: no port");
        }
        port = ntohs(address.sin_port);
    }

    void accept_all() {
        for (;;) {
            const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            const std::lock_guard lock(mutex);
            if (stopping || descriptor < 0) {
                if (descriptor >= 0) {
                    ::close(descriptor);
                }
                return;
            }
            const int yes = 1;
            ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            open_descriptors.insert(descriptor);
            const int number = ++sessions;
            threads.emplace_back([this, descriptor, number] {
                PeerWire wire(descriptor);
                converse(wire, number);
                const std::lock_guard inner(mutex);
                open_descriptors.erase(descriptor);
                ::close(descriptor);
            });
        }
    }

    std::optional<PeerFault> take_fault(PeerStep at, const std::string& recipient) {
        const std::lock_guard lock(mutex);
        for (auto& fault : faults) {
            if (fault.at == at && fault.times != 0 &&
                recipient.find(fault.only_for) != std::string::npos) {
                if (fault.pass_first > 0) {
                    --fault.pass_first;
                    continue;
                }
                fault.times -= fault.times > 0 ? 1 : 0;
                return fault;
            }
        }
        return std::nullopt;
    }

    // What one conversation knows.
    struct Talk {
        bool is_secure = false;
        bool is_known = false;  // logged in
        std::string from;
        std::string to;
        std::string said;  // the last answer
        int number = 0;
    };

    // Says the usual, or what a fault wants. False when the connection is to end.
    bool answer(PeerWire& wire, Talk& talk, PeerStep at, const std::string& usual) {
        const auto fault = take_fault(at, talk.to);
        if (fault) {
            std::this_thread::sleep_for(fault->wait);
        }
        const bool instead = fault && (!fault->say.empty() || fault->close);
        talk.said = instead ? fault->say : usual;
        if (!talk.said.empty()) {
            wire.write(talk.said);
        }
        if (fault && fault->close) {
            wire.reset();
            return false;
        }
        return true;
    }

    static bool was_positive(const Talk& talk) { return talk.said.rfind('2', 0) == 0; }

    std::string abilities(const Talk& talk) const {
        std::string text = "250-peer.example.test\r\n";
        if (options.pipelining) {
            text += "250-PIPELINING\r\n";
        }
        if (options.dsn) {
            text += "250-DSN\r\n";
        }
        if (options.starttls && !talk.is_secure) {
            text += "250-STARTTLS\r\n";
        }
        if (!options.logins.empty() && (talk.is_secure || !options.starttls)) {
            text += "250-AUTH " + options.logins + "\r\n";
        }
        return text + "250 SIZE 20000000\r\n";
    }

    void converse(PeerWire& wire, int number) {
        Talk talk;
        talk.number = number;
        if (options.implicit_tls && !secure(wire, talk)) {
            return;
        }
        if (!answer(wire, talk, PeerStep::Greeting, "220 peer.example.test ESMTP\r\n")) {
            return;
        }
        for (auto line = wire.line(); line; line = wire.line()) {
            {
                const std::lock_guard lock(mutex);
                commands.push_back(*line);
            }
            if (!obey(wire, talk, *line)) {
                return;
            }
        }
    }

    bool secure(PeerWire& wire, Talk& talk) {
        std::this_thread::sleep_for(options.stall);
        const int number = talk.number;
        talk = Talk{};
        talk.number = number;
        talk.is_secure = wire.start_tls(context.get());
        return talk.is_secure;
    }

    bool obey(PeerWire& wire, Talk& talk, const std::string& line) {
        const auto starts = [&line](const char* verb) { return line.rfind(verb, 0) == 0; };
        if (starts("EHLO ")) {
            return answer(wire, talk, PeerStep::Hello, abilities(talk));
        }
        if (starts("STARTTLS")) {
            const bool go = answer(wire, talk, PeerStep::StartTls, "220 go ahead\r\n");
            return go && (!was_positive(talk) || secure(wire, talk));
        }
        if (starts("AUTH ")) {
            return log_in(wire, talk, line);
        }
        if (starts("MAIL FROM:<")) {
            return hear_sender(wire, talk, line);
        }
        if (starts("RCPT TO:<")) {
            return hear_recipient(wire, talk, line);
        }
        if (starts("DATA")) {
            return hear_data(wire, talk);
        }
        if (starts("QUIT")) {
            wire.write("221 bye\r\n");
            return false;
        }
        if (starts("RSET")) {
            talk.from.clear();
            talk.to.clear();
            wire.write("250 ok\r\n");
            return true;
        }
        wire.write("500 what?\r\n");
        return true;
    }

    bool log_in(PeerWire& wire, Talk& talk, const std::string& line) {
        bool good = line == std::string("AUTH PLAIN ") + kPlainAnswer;
        if (line == "AUTH LOGIN") {
            wire.write("334 VXNlciBOYW1lAA==\r\n");  // "User Name": not what everyone expects
            const auto user = wire.line();
            wire.write("334 Pw==\r\n");
            const auto password = wire.line();
            good = user == kUserAnswer && password == kPasswordAnswer;
        }
        talk.is_known = good;
        return answer(wire, talk, PeerStep::Login, good ? "235 2.7.0 ok\r\n" : "535 5.7.8 no\r\n");
    }

    bool hear_sender(PeerWire& wire, Talk& talk, const std::string& line) {
        const bool needs_login = !options.logins.empty() && !talk.is_known;
        const std::string usual = needs_login         ? "530 5.7.0 who are you?\r\n"
                                  : talk.from.empty() ? "250 2.1.0 ok\r\n"
                                                      : "503 5.5.1 nested\r\n";
        if (!answer(wire, talk, PeerStep::Sender, usual)) {
            return false;
        }
        if (was_positive(talk)) {
            talk.from = line.substr(11, line.find('>') - 11);
        }
        return true;
    }

    bool hear_recipient(PeerWire& wire, Talk& talk, const std::string& line) {
        const std::string to = line.substr(9, line.find('>') - 9);
        talk.to = to;
        const std::string usual =
            talk.from.empty() ? "503 5.5.1 first MAIL\r\n" : "250 2.1.5 ok\r\n";
        const bool go = answer(wire, talk, PeerStep::Recipient, usual);
        talk.to = was_positive(talk) ? to : "";
        return go;
    }

    // Counts a body from 354 to its end.
    class UnderWay {
    public:
        UnderWay(Impl& peer, const std::string& to)
            : peer_(peer), domain_(to.substr(to.find('@') + 1)) {
            const std::lock_guard lock(peer_.mutex);
            const int now = ++peer_.together[domain_];
            peer_.most_together[domain_] = std::max(peer_.most_together[domain_], now);
        }
        ~UnderWay() {
            const std::lock_guard lock(peer_.mutex);
            --peer_.together[domain_];
        }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

    private:
        Impl& peer_;
        std::string domain_;
    };

    bool hear_data(PeerWire& wire, Talk& talk) {
        if (talk.to.empty()) {
            wire.write("554 5.5.1 no valid recipients\r\n");
            return true;
        }
        if (!answer(wire, talk, PeerStep::Data, "354 go on\r\n")) {
            return false;
        }
        if (talk.said.rfind("354", 0) != 0) {
            return true;
        }
        std::optional<UnderWay> under_way(std::in_place, *this, talk.to);
        const auto body_fault = take_fault(PeerStep::Body, talk.to);
        if (body_fault) {
            if (!body_fault->say.empty()) {
                wire.fill();
                wire.write(body_fault->say);
            }
            std::this_thread::sleep_for(body_fault->wait);
            wire.reset();
            return false;
        }
        std::string& bytes = wire.buffer();
        std::size_t end = bytes.find("\r\n.\r\n");
        while (end == std::string::npos) {
            if (!wire.fill()) {
                return false;  // the dot never came: nothing was taken
            }
            end = bytes.find("\r\n.\r\n");
        }
        const std::string mail = unstuffed(bytes.substr(0, end + 2));
        bytes.erase(0, end + 5);
        under_way.reset();
        return take_mail(wire, talk, mail);
    }

    static std::string unstuffed(const std::string& stuffed) {
        std::string out = stuffed.rfind('.', 0) == 0 ? stuffed.substr(1) : stuffed;
        for (std::size_t at = out.find("\r\n.."); at != std::string::npos;
             at = out.find("\r\n..", at + 3)) {
            out.erase(at + 2, 1);
        }
        return out;
    }

    bool take_mail(PeerWire& wire, Talk& talk, const std::string& mail) {
        std::optional<PeerFault> fault;
        {
            const std::lock_guard lock(mutex);
            for (const auto& candidate : faults) {
                if (candidate.at == PeerStep::Dot && candidate.times != 0 &&
                    candidate.pass_first == 0 &&
                    talk.to.find(candidate.only_for) != std::string::npos) {
                    fault = candidate;
                    break;
                }
            }
            if (!fault || fault->keep) {
                mails.push_back(PeerMail{talk.from, talk.to, mail, talk.number});
            }
        }
        const bool go = answer(wire, talk, PeerStep::Dot, "250 2.0.0 Ok: queued as 4711\r\n");
        talk.from.clear();
        talk.to.clear();
        return go;
    }
};

SmtpPeer::SmtpPeer(PeerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
SmtpPeer::~SmtpPeer() = default;

std::uint16_t SmtpPeer::port() const { return impl_->port; }
std::string SmtpPeer::ca_file() const { return impl_->folder.path() / "ca.pem"; }
std::string SmtpPeer::password_file() const { return impl_->folder.path() / "password"; }

void SmtpPeer::fault(PeerFault fault) {
    const std::lock_guard lock(impl_->mutex);
    impl_->faults.push_back(std::move(fault));
}

std::vector<PeerMail> SmtpPeer::mails() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->mails;
}

std::vector<std::string> SmtpPeer::commands() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->commands;
}

int SmtpPeer::sessions() const { return impl_->sessions; }

int SmtpPeer::most_together(const std::string& domain) const {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->most_together.find(domain);
    return found == impl_->most_together.end() ? 0 : found->second;
}

}  // namespace sealdesk::test
