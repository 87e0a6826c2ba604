// Domains that take mails slowly get them slowly, and nobody else waits for them.
#include "mail/pace.h"

#include <gtest/gtest.h>

#include "mail/delivery.h"
#include "mail/mail_samples.h"
#include "mail/sender.h"
#include "support/backends.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::SmtpPeer;
using store::transact;
using store::Tx;
using test::a_mail;

class Pace : public sealdesk::test::OnEveryBackend {
protected:
    void put(const std::string& domain, int count) {
        for (int i = 0; i < count; ++i) {
            const std::string number = std::to_string(++put_);
            transact(db(), "test.enqueue", [&](Tx& tx) {
                EXPECT_TRUE(enqueue(tx, test::our_identity(),
                                    a_mail("k" + number, "u" + number + "@" + domain)));
            });
        }
    }
    RunReport send(const SenderSettings& settings) {
        return Sender(db(), test::settings_for(peer_), settings).run_until_idle();
    }
    [[nodiscard]] int sent_to(const std::string& domain) const {
        int sent = 0;
        for (const auto& mail : peer_.mails()) {
            sent += mail.to.ends_with("@" + domain) ? 1 : 0;
        }
        return sent;
    }

    SmtpPeer peer_;

private:
    int put_ = 0;
};

TEST_P(Pace, ADomainGetsItsNumberAMinuteAndOthersDoNotWait) {
    put("Slow.test", 25);
    put("fast.test", 40);
    SenderSettings settings;
    settings.domains = {{"slow.test", {.per_minute = 10}}};

    EXPECT_EQ(send(settings).sent, 50);
    EXPECT_EQ(sent_to("fast.test"), 40);
    EXPECT_EQ(sent_to("Slow.test"), 10);
    EXPECT_EQ(send(settings).sent, 0);

    clock().advance(std::chrono::seconds(60));
    EXPECT_EQ(send(settings).sent, 10);
    clock().advance(std::chrono::seconds(60));
    EXPECT_EQ(send(settings).sent, 5);
    EXPECT_EQ(sent_to("Slow.test"), 25);
}

TEST_P(Pace, TwoWorkersShareTheNumber) {
    put("slow.test", 12);
    SenderSettings settings;
    settings.domains = {{"*", {.per_minute = 5}}};
    settings.block = 3;
    const auto other = another_connection();
    store::Database second(*other, clock(), random());

    const auto first_report = Sender(db(), test::settings_for(peer_), settings).run_until_idle(3);
    const auto second_report = Sender(second, test::settings_for(peer_), settings).run_until_idle();

    EXPECT_EQ(first_report.sent + second_report.sent, 5);
}

TEST_P(Pace, NoMoreMailsAreUnderWayToADomainThanItTakes) {
    put("one.test", 12);
    put("other.test", 12);
    peer_.fault(
        {.at = sealdesk::test::PeerStep::Dot, .wait = std::chrono::milliseconds(30), .times = -1});
    SenderSettings settings;
    settings.domains = {{"one.test", {.sessions = 1}}};

    EXPECT_EQ(send(settings).sent, 24);

    EXPECT_GE(peer_.sessions(), 2);
    EXPECT_EQ(peer_.most_together("one.test"), 1);
    EXPECT_GE(peer_.most_together("other.test"), 2);
}

TEST_P(Pace, ALimitOfTheStarIsEachDomainsOwn) {
    EXPECT_EQ(domain_of("A@B.Test"), "b.test");
    const DomainLimits limits{{"*", {2, 60}}, {"b.test", {1, 0}}};
    EXPECT_EQ(limit_of(limits, "b.test").sessions, 1);
    EXPECT_EQ(limit_of(limits, "b.test").per_minute, 0);
    EXPECT_EQ(limit_of(limits, "c.test").per_minute, 60);
    EXPECT_EQ(limit_of({}, "c.test").per_minute, 0);
}

SEALDESK_ON_EVERY_BACKEND(Pace);

}  // namespace
}  // namespace sealdesk::mail
