#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace sealdesk::bench {

/// Where tests/support/postfix.sh put its server, and how much to send.
struct MailBenchOptions {
    std::uint16_t port = 0;        ///< SEALDESK_TEST_SMTP_PORT: STARTTLS and AUTH
    std::uint16_t plain_port = 0;  ///< SEALDESK_TEST_SMTP_PLAIN_PORT: neither
    std::string ca_file;
    std::string user;
    std::string password_file;
    std::string store_url;                  ///< an empty database with the schema of ddl/
    std::string store_socket;               ///< for MySQL
    int mails = 400;                        ///< a session's worth and more
    std::size_t attachment_bytes = 40'000;  ///< an encrypted slip (notes: 57 KB as a mail)
    int senders_max = 2;  ///< processes' worth of senders at once, each with a connection
};

/// Mails a second, each the best of the run's repetitions.
struct MailBenchResult {
    double outbox = 0;  ///< our whole way: outbox, TLS, AUTH, two commits a mail
    double limit = 0;   ///< the fastest client without any of it, to the same server
    [[nodiscard]] double ratio() const { return limit > 0 ? outbox / limit : 0; }
};

/// Sends through the outbox and by the plain clients in turn, for 1 … senders_max sessions at once,
/// prints a table, and returns the worst ratio's row. Plain clients: Postfix' smtp-source (if it is
/// installed) and our session without TLS, AUTH and outbox.
[[nodiscard]] MailBenchResult run_mail_bench(const MailBenchOptions& options, std::ostream& out);

}  // namespace sealdesk::bench
