// A server on which everything goes wrong that can, by the name of the recipient, in one night:
// nothing is lost, and nothing doubled but what was in doubt, once, with the same Message-ID.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "mail/mail_samples.h"
#include "mail/sender.h"
#include "support/backends.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::PeerFault;
using sealdesk::test::PeerStep;
using sealdesk::test::SmtpPeer;
using store::transact;
using store::Tx;

/// What goes wrong for whom, and how it ends.
struct FaultOf {
    std::string recipient;
    PeerFault fault;
    State ends;
    std::string failure = {};
    int copies = 1;
};

std::vector<FaultOf> faults_of_a_night() {
    using std::chrono::milliseconds;
    return {
        {"sender.450",
         {.at = PeerStep::Recipient, .say = "450 4.2.1 later\r\n", .times = 2},
         State::Sent},
        {"rcpt.451", {.at = PeerStep::Recipient, .say = "451 4.3.0 later\r\n"}, State::Sent},
        {"data.452", {.at = PeerStep::Data, .say = "452 4.3.1 disk full\r\n"}, State::Sent},
        {"dot.451", {.at = PeerStep::Dot, .say = "451 4.3.0 not now\r\n"}, State::Sent},
        {"rcpt.550",
         {.at = PeerStep::Recipient, .say = "550 5.1.1 no such user\r\n", .times = -1},
         State::Failed,
         "mail.dead_mailbox",
         0},
        {"full.552",
         {.at = PeerStep::Recipient, .say = "552 5.2.2 mailbox full\r\n", .times = -1},
         State::Failed,
         "mail.refused",
         0},
        {"data.554",
         {.at = PeerStep::Data, .say = "554 5.6.0 no\r\n", .times = -1},
         State::Failed,
         "mail.refused",
         0},
        {"dot.554",
         {.at = PeerStep::Dot, .say = "554 5.6.0 no\r\n", .times = -1},
         State::Failed,
         "mail.refused",
         0},
        {"rcpt.drop", {.at = PeerStep::Recipient, .close = true}, State::Sent},
        {"body.drop", {.at = PeerStep::Body, .close = true}, State::Sent},
        {"dot.drop", {.at = PeerStep::Dot, .close = true}, State::Sent},
        {"taken.drop", {.at = PeerStep::Dot, .close = true, .keep = true}, State::Sent, {}, 2},
        {"taken.twice",
         {.at = PeerStep::Dot, .close = true, .keep = true, .times = 2},
         State::InDoubt,
         "mail.in_doubt",
         2},
        {"slow.rcpt", {.at = PeerStep::Recipient, .wait = milliseconds(300)}, State::Sent},
        {"slow.dot", {.at = PeerStep::Dot, .keep = true, .wait = milliseconds(300)}, State::Sent},
        {"silent.dot",
         {.at = PeerStep::Dot, .keep = true, .wait = milliseconds(2'500)},
         State::Sent,
         {},
         2},
        {"garbage", {.at = PeerStep::Recipient, .say = "what is this\r\n"}, State::Sent},
    };
}

class FaultyNight : public sealdesk::test::OnEveryBackend {};

TEST_P(FaultyNight, LosesNothingAndDoublesOnlyWhatWasInDoubt) {
    SmtpPeer peer;
    std::map<std::int64_t, FaultOf> expected;
    for (FaultOf& one : faults_of_a_night()) {
        one.fault.only_for = one.recipient;
        peer.fault(one.fault);
        const auto id = transact(db(), "test.enqueue", [&](Tx& tx) {
            return enqueue(tx, test::our_identity(),
                           test::a_mail("k:" + one.recipient, one.recipient + "@example.test"));
        });
        expected.emplace(id.value().id.value(), one);
    }
    for (int pass = 0; pass < 12; ++pass) {
        Sender sender(db(), test::settings_for(peer));
        static_cast<void>(sender.run_until_idle());
        clock().advance(std::chrono::minutes(40));
    }

    std::map<std::string, int> copies;
    std::map<std::string, std::string> bytes;
    for (const auto& mail : peer.mails()) {
        const std::string recipient = mail.to.substr(0, mail.to.find('@'));
        ++copies[recipient];
        EXPECT_EQ(bytes.emplace(recipient, mail.bytes).first->second, mail.bytes) << recipient;
    }
    for (const auto& mail : transact(db(), "test.list", [](Tx& tx) { return list(tx, {}); })) {
        const FaultOf& one = expected.at(mail.id.value());
        EXPECT_EQ(to_text(mail.state), to_text(one.ends)) << one.recipient << " " << mail.failure;
        EXPECT_EQ(mail.failure, one.failure) << one.recipient;
        EXPECT_EQ(copies[one.recipient], one.copies) << one.recipient;
    }
}

TEST_P(FaultyNight, AWrongCertificateCostsNoMailAnything) {
    SmtpPeer stranger({.host_in_certificate = "evil.example.test"});
    transact(db(), "test.enqueue",
             [&](Tx& tx) { EXPECT_TRUE(enqueue(tx, test::our_identity(), test::a_mail("k:1"))); });

    const RunReport report = Sender(db(), test::settings_for(stranger)).run_until_idle();

    ASSERT_TRUE(report.host_trouble);
    EXPECT_EQ(report.host_trouble->code, "mail.tls_failed");
    const auto mails = transact(db(), "test.list", [](Tx& tx) { return list(tx, {}); });
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].state, State::Queued);
    EXPECT_EQ(mails[0].attempts, 0);
    for (const std::string& command : stranger.commands()) {
        EXPECT_FALSE(command.starts_with("AUTH") || command.starts_with("MAIL")) << command;
    }
}

// With a server that knows RFC 3461 we ask for reports of failure, by a name that nobody guesses.
TEST_P(FaultyNight, ReportsAreAskedForWhereTheServerKnowsThem) {
    SmtpPeer peer({.dsn = true});
    MailIdentity identity = test::our_identity();
    identity.bounce_address = "bounce@example.test";
    transact(db(), "test.enqueue", [&](Tx& tx) {
        EXPECT_TRUE(enqueue(tx, identity, test::a_mail("k:1", "a+b=c@example.test")));
    });

    EXPECT_EQ(Sender(db(), test::settings_for(peer)).run_until_idle().sent, 1);

    const std::string token(bounce_token(peer.mails().at(0).from));
    EXPECT_EQ(token.size(), 32U);
    bool sender = false;
    bool recipient = false;
    for (const std::string& command : peer.commands()) {
        sender = sender || command.ends_with(" RET=HDRS ENVID=" + token);
        recipient = recipient || command ==
                                     "RCPT TO:<a+b=c@example.test> NOTIFY=FAILURE,DELAY "
                                     "ORCPT=rfc822;a+2Bb+3Dc@example.test";
    }
    EXPECT_TRUE(sender);
    EXPECT_TRUE(recipient);
}

SEALDESK_ON_EVERY_BACKEND(FaultyNight);

}  // namespace
}  // namespace sealdesk::mail
