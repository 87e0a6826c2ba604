#include "bench/mail_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "mail/message.h"
#include "mail/outbox.h"
#include "mail/sender.h"
#include "mail/smtp_session.h"
#include "store/connection.h"
#include "store/tx.h"

namespace sealdesk::bench {
namespace {

constexpr int kRepetitions = 3;

double seconds_of(const std::function<void()>& work) {
    const auto before = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

void side_by_side(int count, const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        threads.emplace_back(work, i);
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

[[noreturn]] void give_up(const std::string& why) {
    throw Failure(Error{ErrorKind::Unavailable, "bench.failed", why, {}, {}});
}

mail::OutgoingMail bench_mail(const std::string& key, std::size_t attachment_bytes) {
    return mail::OutgoingMail{.dedup_key = key,
                              .kind = "slip",
                              .to = {.name = "王小明", .address = "wang@example.test"},
                              .subject = "您的憑證帳號密碼單",
                              .text = "您好\n",
                              .attachments = {{.name = "密碼單.pdf",
                                               .type = "application/pdf",
                                               .bytes = std::string(attachment_bytes, '\x5A')}}};
}

mail::MailIdentity bench_identity() {
    return {.from = {.name = "憑證註冊中心", .address = "ra@example.test"},
            .envelope_from = "bounce@example.test",
            .message_id_domain = "ra.example.test"};
}

std::unique_ptr<store::Connection> open_store(const MailBenchOptions& options) {
    return store::open(store::ConnectionOptions{.url = options.store_url,
                                                .password_file = {},
                                                .socket = options.store_socket,
                                                .tls_ca = {},
                                                .tls_certificate = {},
                                                .tls_key = {}});
}

void fill_outbox(const MailBenchOptions& options, const std::string& prefix) {
    const auto connection = open_store(options);
    const SystemClock clock;
    SystemRandom random;
    store::Database database(*connection, clock, random);
    for (int i = 0; i < options.mails; ++i) {  // one commit each, as decisions do
        store::transact(database, "bench.fill", [&](store::Tx& tx) {
            const auto put =
                mail::enqueue(tx, bench_identity(),
                              bench_mail(prefix + std::to_string(i), options.attachment_bytes));
            if (!put) {
                give_up(put.error().code);
            }
        });
    }
}

// Our whole way. Connections and sessions are opened within the measured time.
double outbox_rate(const MailBenchOptions& options, int senders, const std::string& prefix) {
    fill_outbox(options, prefix);
    std::atomic<std::int64_t> sent{0};
    const double took = seconds_of([&] {
        side_by_side(senders, [&](int) {
            const auto connection = open_store(options);
            const SystemClock clock;
            SystemRandom random;
            store::Database database(*connection, clock, random);
            mail::Sender sender(database,
                                mail::SmtpSettings{.host = "localhost",
                                                   .port = options.port,
                                                   .ca_file = options.ca_file,
                                                   .user = options.user,
                                                   .password_file = options.password_file});
            const auto report = sender.run_until_idle();
            sent += report.sent;
        });
    });
    if (sent != options.mails) {
        give_up("sent " + std::to_string(sent) + " of " + std::to_string(options.mails));
    }
    return options.mails / took;
}

std::string bench_message(const MailBenchOptions& options) {
    const auto sample = bench_mail("bench", options.attachment_bytes);
    const auto identity = bench_identity();
    const auto message = mail::compose(mail::Message{.from = identity.from,
                                                     .to = sample.to,
                                                     .subject = sample.subject,
                                                     .text = sample.text,
                                                     .attachments = sample.attachments,
                                                     .message_id = "<bench@ra.example.test>",
                                                     .date = from_stored(0)});
    return message.value();
}

// Our session alone: no TLS, no AUTH, no outbox.
double bare_rate(const MailBenchOptions& options, int sessions) {
    const std::string message = bench_message(options);
    const mail::Envelope envelope{"bounce@example.test", "wang@example.test", message.size()};
    std::atomic<int> left{options.mails};
    const double took = seconds_of([&] {
        side_by_side(sessions, [&](int) {
            mail::SmtpSession session(mail::SmtpSettings{.host = "localhost",
                                                         .port = options.plain_port,
                                                         .tls = mail::TlsMode::None,
                                                         .session_messages_max = 1'000'000});
            const auto opened = session.open();
            if (!opened) {
                give_up(opened.error().code);
            }
            while (left-- > 0) {
                session.offer(envelope);
                if (session.transfer(message).verdict != mail::Verdict::Ok) {
                    give_up("the plain port refused a mail");
                }
                session.send_dot();
                if (session.answer().verdict != mail::Verdict::Ok) {
                    give_up("the plain port refused a mail");
                }
            }
        });
    });
    return options.mails / took;
}

// Postfix' own load generator, kept sessions. 0 when it is not installed.
double smtp_source_rate(const MailBenchOptions& options, int sessions) {
    const std::string size = std::to_string(bench_message(options).size());
    const std::string count = std::to_string(options.mails);
    const std::string parallel = std::to_string(sessions);
    const std::string target = "127.0.0.1:" + std::to_string(options.plain_port);
    int status = 0;
    const double took = seconds_of([&] {
        const pid_t child = ::fork();
        if (child == 0) {
            ::execlp("smtp-source", "smtp-source", "-d", "-l", size.c_str(), "-m", count.c_str(),
                     "-s", parallel.c_str(), "-f", "bounce@example.test", "-t", "wang@example.test",
                     target.c_str(), nullptr);
            ::_exit(127);
        }
        ::waitpid(child, &status, 0);
    });
    return status == 0 ? options.mails / took : 0;
}

}  // namespace

MailBenchResult run_mail_bench(const MailBenchOptions& options, std::ostream& out) {
    out << "mails/s (" << options.attachment_bytes / 1000 << " KB attachment)\n"
        << "sessions    outbox  smtp-source  bare session  ratio\n";
    MailBenchResult worst{.outbox = 1, .limit = 0};
    int run = 0;
    for (int sessions = 1; sessions <= options.senders_max; ++sessions) {
        double ours = 0;
        double source = 0;
        double bare = 0;
        for (int i = 0; i < kRepetitions; ++i) {
            // In turn, so that a busy moment of the machine hits all of them.
            const std::string prefix =
                "bench:" + std::to_string(::getpid()) + ":" + std::to_string(run++) + ":";
            ours = std::max(ours, outbox_rate(options, sessions, prefix));
            source = std::max(source, smtp_source_rate(options, sessions));
            bare = std::max(bare, bare_rate(options, sessions));
        }
        const MailBenchResult row{ours, std::max(source, bare)};
        out << std::fixed << std::setprecision(0) << std::setw(8) << sessions << std::setw(10)
            << ours << std::setw(13) << source << std::setw(14) << bare << std::setprecision(2)
            << std::setw(7) << row.ratio() << "\n";
        if (worst.limit == 0 || row.ratio() < worst.ratio()) {
            worst = row;
        }
    }
    return worst;
}

}  // namespace sealdesk::bench
