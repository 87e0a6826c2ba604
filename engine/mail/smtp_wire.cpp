// Poco's TLS headers name functions that OpenSSL 3 deprecates. This file calls none of them; it
// stays out of unity builds so that no other file's view of OpenSSL comes before these lines.
#undef OPENSSL_NO_DEPRECATED

#include "mail/smtp_wire.h"

#include <algorithm>
#include <array>

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace sealdesk::mail {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Addresses of one host that are tried; each costs a connect_wait.
constexpr std::size_t kAddressesMax = 4;
/// A TLS record's content (RFC 8446 §5.1): one read drains it, so that poll() never misses bytes
/// that the TLS library holds already.
constexpr std::size_t kReadBytes = 16'384;
/// Bytes handed to the socket at once; the deadline is looked at in between.
constexpr std::size_t kWriteBytes = 65'536;
/// Longest chain of certificates below an authority.
constexpr int kChainDepth = 9;
/// For TLS 1.2; TLS 1.3 has only good ones.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Error wire_error(std::string code, std::string detail) {
    return Error{ErrorKind::Unavailable, std::move(code), std::move(detail), {}, {}};
}

Poco::Timespan to_timespan(milliseconds wait) {
    const auto positive = std::max<std::int64_t>(wait.count(), 1);
    return {static_cast<Poco::Timespan::TimeDiff>(positive * 1'000)};
}

milliseconds left_until(SteadyClock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    return std::max(left, milliseconds(0));
}

bool is_ip_address(const std::string& host) {
    Poco::Net::IPAddress parsed;
    return Poco::Net::IPAddress::tryParse(host, parsed);
}

// A client context that verifies chain and name by OpenSSL alone. Poco's own name check comes
// after the handshake, exempts loopback hosts in its relaxed mode, and is skipped when the
// handshake outlasts the receive timeout; it stays on as a second lock.
Poco::Net::Context::Ptr make_context(const SmtpSettings& settings) {
    using Poco::Net::Context;
    Context::Ptr context =
        new Context(Context::TLS_CLIENT_USE, settings.ca_file, Context::VERIFY_STRICT, kChainDepth,
                    settings.ca_file.empty(), kCiphers);
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX* raw = context->sslContext();
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(raw);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int bound = is_ip_address(settings.host)
                          ? X509_VERIFY_PARAM_set1_ip_asc(rules, settings.host.c_str())
                          : X509_VERIFY_PARAM_set1_host(rules, settings.host.c_str(), 0);
    if (bound != 1) {
        throw Poco::InvalidArgumentException("The host name cannot be verified.");
    }
    return context;
}

}  // namespace

struct SmtpWire::Socket {
    Poco::Net::StreamSocket stream;
};

SmtpWire::SmtpWire(const SmtpSettings& settings) : settings_(settings) {}

SmtpWire::~SmtpWire() {
    if (socket_ != nullptr) {
        try {
            socket_->stream.close();
        } catch (const Poco::Exception&) {
            // It is closed as far as we are concerned.
        }
    }
}

Outcome SmtpWire::connect() {
    std::string trouble = "The name has no address.";
    try {
        const auto host =
            is_ip_address(settings_.host)
                ? Poco::Net::HostEntry::AddressList{Poco::Net::IPAddress(settings_.host)}
                : Poco::Net::DNS::hostByName(settings_.host).addresses();
        for (std::size_t i = 0; i < std::min(host.size(), kAddressesMax); ++i) {
            if (settings_.tls == TlsMode::None && !host[i].isLoopback()) {
                return Error{ErrorKind::Invalid,
                             "mail.bad_settings",
                             "Mail without TLS is possible only to this machine itself.",
                             {},
                             {}};
            }
            try {
                auto socket = std::make_unique<Socket>();
                socket->stream.connect(Poco::Net::SocketAddress(host[i], settings_.port),
                                       to_timespan(settings_.connect_wait));
                socket->stream.setNoDelay(true);
                socket->stream.setKeepAlive(true);
                socket_ = std::move(socket);
                return done();
            } catch (const Poco::Exception& exception) {
                trouble = exception.displayText();
            }
        }
    } catch (const Poco::Exception& exception) {
        trouble = exception.displayText();
    }
    return wire_error("mail.no_connection", "The mail server cannot be reached: " + trouble);
}

Outcome SmtpWire::start_tls() {
    if (!buffer_.empty()) {
        // Whoever sits on the wire could otherwise put words before the protected part.
        return wire_error("mail.tls_failed", "The server spoke between STARTTLS and TLS.");
    }
    try {
        // Waits are twice the timeout in Poco's TLS (receive, then poll), hence the half.
        socket_->stream.setReceiveTimeout(to_timespan(settings_.command_wait / 2));
        socket_->stream.setSendTimeout(to_timespan(settings_.command_wait / 2));
        auto secured = Poco::Net::SecureStreamSocket::attach(socket_->stream, settings_.host,
                                                             make_context(settings_));
        if (!secured.havePeerCertificate()) {
            return wire_error("mail.tls_failed", "The TLS handshake did not end in time.");
        }
        secured.verifyPeerCertificate(settings_.host);
        socket_->stream = secured;
        return done();
    } catch (const Poco::Exception& exception) {
        return wire_error("mail.tls_failed", "The mail server's identity could not be verified: " +
                                                 exception.displayText());
    }
}

Outcome SmtpWire::write(std::string_view bytes, milliseconds wait) {
    const auto deadline = SteadyClock::now() + wait;
    try {
        while (!bytes.empty()) {
            const auto left = left_until(deadline);
            if (left == milliseconds(0)) {
                return wire_error("mail.connection_lost", "The mail server stopped reading.");
            }
            socket_->stream.setSendTimeout(to_timespan(left / 2));
            const auto count = static_cast<int>(std::min(bytes.size(), kWriteBytes));
            const int sent = socket_->stream.sendBytes(bytes.data(), count);
            if (sent <= 0) {
                return wire_error("mail.connection_lost", "The mail server closed.");
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return done();
    } catch (const Poco::Exception& exception) {
        return wire_error("mail.connection_lost", exception.displayText());
    }
}

Outcome SmtpWire::fill(milliseconds wait) {
    std::array<char, kReadBytes> bytes{};
    try {
        socket_->stream.setReceiveTimeout(to_timespan(wait / 2));
        const int count = socket_->stream.receiveBytes(bytes.data(), bytes.size());
        if (count == 0) {
            return wire_error("mail.connection_lost", "The mail server closed.");
        }
        if (count > 0) {
            buffer_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        return done();  // below 0: TLS had something of its own to do
    } catch (const Poco::TimeoutException&) {
        return wire_error("mail.silence", "The mail server did not answer in time.");
    } catch (const Poco::Exception& exception) {
        return wire_error("mail.connection_lost", exception.displayText());
    }
}

Result<std::string> SmtpWire::read_line(milliseconds wait) {
    const auto deadline = SteadyClock::now() + wait;
    for (;;) {
        const std::size_t end = buffer_.find('\n');
        if (end != std::string::npos && end <= kLineMax) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (!line.empty() && line.back() == '\r') {
                line.pop_back();
            }
            return line;
        }
        if (buffer_.size() > kLineMax) {
            return wire_error("mail.connection_lost", "The mail server's line does not end.");
        }
        const auto left = left_until(deadline);
        if (left == milliseconds(0)) {
            return wire_error("mail.silence", "The mail server did not answer in time.");
        }
        const auto filled = fill(left);
        if (!filled) {
            return filled.error();
        }
    }
}

SmtpWire::Unasked SmtpWire::unasked() {
    if (!buffer_.empty()) {
        return Unasked::Bytes;
    }
    try {
        if (!socket_->stream.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ)) {
            return Unasked::Nothing;
        }
    } catch (const Poco::Exception&) {
        return Unasked::End;
    }
    // Readable may also mean a TLS message without content, such as a session ticket.
    const auto filled = fill(milliseconds(2));
    if (!buffer_.empty()) {
        return Unasked::Bytes;
    }
    return filled || filled.error().code == "mail.silence" ? Unasked::Nothing : Unasked::End;
}

}  // namespace sealdesk::mail
