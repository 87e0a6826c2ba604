#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mail/delivery.h"
#include "mail/mail_samples.h"
#include "mail/outbox.h"
#include "support/backends.h"

namespace sealdesk::mail::test {

/// An outbox, and a sender that is somewhere else.
class OutboxDesk : public sealdesk::test::OnEveryBackend {
protected:
    Enqueued put(const OutgoingMail& mail) {
        const auto enqueued = store::transact(
            db(), "test.enqueue", [&](store::Tx& tx) { return enqueue(tx, our_identity(), mail); });
        EXPECT_EQ(code_of(enqueued), "ok");
        return enqueued.value();
    }

    MailDetail look(MailId id) {
        return store::transact(db(), "test.show", [&](store::Tx& tx) { return show(tx, id); })
            .value();
    }

    std::vector<ClaimedMail> take(const std::string& owner = "elsewhere/1", int count = 10) {
        const ClaimOptions options{owner, std::chrono::minutes(15), count, 16'000'000};
        return store::transact(db(), "test.claim",
                               [&](store::Tx& tx) { return claim(tx, options); })
            .mails;
    }

    State end(const ClaimedMail& mail, const Ruling& ruling, const Reply& reply = {}) {
        const Settlement settlement{&mail, ruling, reply};
        return store::transact(db(), "test.settle", [&](store::Tx& tx) {
            return settle(tx, {&settlement, 1});
        })[0];
    }

    DotMark mark(const ClaimedMail& mail) {
        return store::transact(db(), "test.dot", [&](store::Tx& tx) {
            return mark_dot(tx, mail, std::chrono::minutes(15));
        });
    }

    Superseded take_back(const std::string& key) {
        return store::transact(db(), "test.supersede",
                               [&](store::Tx& tx) { return supersede(tx, key, "officer:1"); });
    }

    std::int64_t count(const std::string& sql) { return connection().query(sql, {})[0].number(0); }
};

}  // namespace sealdesk::mail::test
