// kill -9 at every named point of a sender, in a process of its own, on both databases. The child
// is this test program again, told to run one test: SenderProcess.WorksUntilNothingIsDue.
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/digest.h"
#include "base/text.h"
#include "mail/mail_samples.h"
#include "mail/outbox.h"
#include "mail/sender.h"
#include "support/backends.h"
#include "support/child_test.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::SmtpPeer;
using store::transact;
using store::Tx;
using test::a_mail;
using test::our_identity;

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

// Alone it proves that an empty outbox needs no mail server; as a child it is the sender.
TEST(SenderProcess, WorksUntilNothingIsDue) {
    sealdesk::test::TempFolder folder;
    store::ConnectionOptions options{.url = environment("SEALDESK_MAIL_CHILD_STORE"),
                                     .password_file = {},
                                     .socket = environment("SEALDESK_MAIL_CHILD_SOCKET"),
                                     .tls_ca = {},
                                     .tls_certificate = {},
                                     .tls_key = {}};
    SmtpSettings smtp{.host = "localhost", .port = 1};
    Instant now = from_stored(0);
    if (options.url.empty()) {
        options = sealdesk::test::fresh_database("sqlite", folder);
    } else {
        now = from_stored(parse_number(environment("SEALDESK_MAIL_CHILD_NOW")).value());
        smtp.port = static_cast<std::uint16_t>(
            parse_number(environment("SEALDESK_MAIL_CHILD_PORT")).value());
        smtp.ca_file = environment("SEALDESK_MAIL_CHILD_CA");
        smtp.user = "desk";
        smtp.password_file = environment("SEALDESK_MAIL_CHILD_PASSWORD_FILE");
    }
    const auto connection = store::open(options);
    const ManualClock clock(now);
    SystemRandom random;
    store::Database database(*connection, clock, random);

    const RunReport report = Sender(database, smtp).run_until_idle();

    EXPECT_FALSE(report.host_trouble);
}

class KilledSender : public sealdesk::test::OnEveryBackend {
protected:
    static constexpr int kMails = 10;  // two sessions abreast

    void put_mails(const std::string& prefix) {
        for (int i = 0; i < kMails; ++i) {
            transact(db(), "test.enqueue", [&](Tx& tx) {
                EXPECT_TRUE(enqueue(tx, our_identity(), a_mail(prefix + std::to_string(i))));
            });
        }
    }

    // Runs a sender process with a crash asked for; returns its wait status.
    int run_process(const std::string& crash, const std::string& log = "") {
        return sealdesk::test::run_child_test(
            "SenderProcess.WorksUntilNothingIsDue",
            {"SEALDESK_CRASH=" + crash, "SEALDESK_CRASH_LOG=" + log,
             "SEALDESK_MAIL_CHILD_STORE=" + options().url,
             "SEALDESK_MAIL_CHILD_SOCKET=" + options().socket,
             "SEALDESK_MAIL_CHILD_NOW=" + std::to_string(to_stored(clock().now())),
             "SEALDESK_MAIL_CHILD_PORT=" + std::to_string(peer_.port()),
             "SEALDESK_MAIL_CHILD_CA=" + peer_.ca_file(),
             "SEALDESK_MAIL_CHILD_PASSWORD_FILE=" + peer_.password_file()});
    }

    std::vector<std::string> passed_points() {
        const std::string log = folder() / "points";
        put_mails("walk:");
        EXPECT_EQ(run_process("", log), 0);
        std::vector<std::string> points;
        std::ifstream file(log);
        for (std::string line; std::getline(file, line);) {
            if (line.rfind("mail.", 0) == 0) {
                points.push_back(line);
            }
        }
        return points;
    }

    // Copies the peer has of each mail whose key begins so.
    void expect_all_sent(const std::string& what, int duplicates_max) {
        std::map<std::string, int> taken;
        for (const auto& mail : peer_.mails()) {
            ++taken[sha256_hex(mail.bytes)];
        }
        int duplicates = 0;
        const auto all = transact(db(), "test.list", [](Tx& tx) { return list(tx, {}); });
        for (const auto& mail : all) {
            const auto detail =
                transact(db(), "test.show", [&](Tx& tx) { return show(tx, mail.id); });
            const int copies = taken[detail.value().body_sha256];
            EXPECT_EQ(to_text(mail.state), to_text(State::Sent)) << what;
            EXPECT_GE(copies, 1) << what << ": lost";
            EXPECT_LE(copies, 1 + mail.doubts) << what;
            duplicates += copies - 1 - seen_duplicates_[detail.value().body_sha256];
            seen_duplicates_[detail.value().body_sha256] = copies - 1;
        }
        EXPECT_EQ(taken.size(), all.size()) << what << ": bytes that no row has";
        EXPECT_LE(duplicates, duplicates_max) << what;  // a wave of two, one copy each
    }

    SmtpPeer peer_;
    std::map<std::string, int> seen_duplicates_;
};

TEST_P(KilledSender, LosesNoMailAtAnyPointAndDoublesOneOnlyInTheDotWindow) {
    // Between the server's answer and the commit that records it nobody can know; there, and only
    // there, a second copy is right.
    const std::set<std::string> window{"mail.answer-read", "mail.settle.before-commit"};
    std::map<std::string, int> passes;
    for (const auto& point : passed_points()) {
        ++passes[point];
    }
    ASSERT_GE(passes.size(), 8U);
    for (const auto& [point, count] : passes) {
        for (const int pass : std::set<int>{1, count}) {
            const std::string crash = point + ":" + std::to_string(pass);
            put_mails(crash + ":");

            const int killed = run_process(crash);
            const int finished = run_process("");

            ASSERT_TRUE(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGKILL) << crash;
            ASSERT_EQ(finished, 0) << crash;
            expect_all_sent(crash, window.count(point) != 0 ? 2 : 0);
        }
    }
}

SEALDESK_ON_EVERY_BACKEND(KilledSender);

}  // namespace
}  // namespace sealdesk::mail
