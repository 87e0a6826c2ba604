// Tokens on both databases: one primary card, whoever asks (M 1.3.5.1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "subscribers/certificate.h"
#include "subscribers/token_step.h"
#include "support/backends.h"

namespace sealdesk::subscribers {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Tokens : public test::OnEveryBackend {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.token", work);
    }
    std::string order(std::string key, TokenKind kind, CertificateUse use = CertificateUse::Both) {
        const auto ordered = in_tx([&](store::Tx& tx) {
            return order_token(tx, {TokenId(tx.new_id()), kSubscriber, key, kind, use});
        });
        return ordered ? "ordered" : ordered.error().code;
    }
    Token read(std::string_view key) {
        return in_tx([&](store::Tx& tx) { return token_of_order(tx, key).value(); });
    }
    std::string move(const Token& seen, TokenEvent event) {
        const auto moved = in_tx([&](store::Tx& tx) {
            return take_step(tx, seen, event, {"officer:ann", "why"});
        });
        return moved ? std::string(to_text(*moved)) : moved.error().code;
    }
    void issue(std::int64_t certificate, const Token& token) {
        in_tx([&](store::Tx& tx) {
            const std::string name = std::to_string(certificate);
            keep_certificate(tx, {CertificateId{certificate}, kSubscriber, RequestId{1}, name, "s",
                                  "p", name, "der", tx.now(), tx.now() + std::chrono::days(1)});
            put_into_token(tx, CertificateId{certificate}, token.id);
        });
    }

    static constexpr SubscriberId kSubscriber{7};
};

TEST_P(Tokens, OnePrimaryCardAndAnyNumberOfOthers) {
    EXPECT_EQ(order("a", TokenKind::Primary), "ordered");
    EXPECT_EQ(order("a", TokenKind::Primary), "ordered");  // the same order again
    EXPECT_EQ(order("b", TokenKind::Primary), "token.primary_exists");
    EXPECT_EQ(order("c", TokenKind::Secondary), "ordered");
    EXPECT_EQ(order("d", TokenKind::Secondary), "ordered");
    EXPECT_EQ(order("e", TokenKind::NonCard, CertificateUse::Signature), "ordered");
    EXPECT_EQ(order("f", TokenKind::Secondary, CertificateUse::Signature), "token.whole_card");
    EXPECT_THAT(in_tx([](store::Tx& tx) { return tokens_of(tx, kSubscriber); }), SizeIs(4));
}

// The database itself refuses a second primary card, whatever code writes it.
TEST_P(Tokens, TheDatabaseHoldsTheOnePrimaryCard) {
    order("a", TokenKind::Primary);
    const auto insert = [&](int id, const char* kind, int key) {
        try {
            connection().execute(
                "INSERT INTO subscriber_token (id, subscriber_id, order_key, kind, "
                "certificate_use, state, primary_key, ordered_at, changed_at) "
                "VALUES (?, 7, ?, ?, 'both', 'ordered', ?, 0, 0)",
                std::vector<store::Value>{std::int64_t{id}, std::to_string(id), std::string(kind),
                                          std::int64_t{key}});
            return "written";
        } catch (const store::DatabaseFailure&) {
            return "refused";
        }
    };
    EXPECT_STREQ(insert(1, "primary", 0), "refused");
    EXPECT_STREQ(insert(2, "primary", 2), "refused");  // a primary card cannot hide
    EXPECT_STREQ(insert(3, "secondary", 0), "refused");
    EXPECT_STREQ(insert(4, "secondary", 4), "written");
}

TEST_P(Tokens, AnEndedPrimaryCardMakesRoom) {
    order("a", TokenKind::Primary);
    EXPECT_EQ(move(read("a"), TokenEvent::Retire), "retired");
    EXPECT_EQ(order("b", TokenKind::Primary), "ordered");
    EXPECT_EQ(move(read("a"), TokenEvent::Personalise), "token.cannot_move");
}

TEST_P(Tokens, ACardGoesItsWayOnce) {
    order("a", TokenKind::Primary);
    const Token ordered = read("a");
    EXPECT_EQ(move(ordered, TokenEvent::Receive), "token.cannot_move");
    EXPECT_TRUE(in_tx([&](store::Tx& tx) { return card_made(tx, ordered, "AP00000001"); }));
    EXPECT_EQ(read("a").card_number, "AP00000001");
    EXPECT_EQ(move(read("a"), TokenEvent::KeepAtCounter), "at_counter");
    const Token seen = read("a");
    EXPECT_EQ(move(seen, TokenEvent::Collect), "handed_over");
    EXPECT_EQ(move(seen, TokenEvent::Collect), "token.changed_meanwhile");
    EXPECT_EQ(move(read("a"), TokenEvent::Accept), "accepted");
    order("b", TokenKind::Secondary);
    const Outcome twice =
        in_tx([&, b = read("b")](store::Tx& tx) { return card_made(tx, b, "AP00000001"); });
    EXPECT_EQ(twice.error().code, "token.card_number");
}

TEST_P(Tokens, ATokenIsSpentWhenNothingInItIsAlive) {
    order("a", TokenKind::Primary);
    const Token token = read("a");
    const auto spent = [&] { return in_tx([&](store::Tx& tx) { return is_spent(tx, token); }); };
    EXPECT_FALSE(spent());
    issue(1, token);
    issue(2, token);
    EXPECT_FALSE(spent());
    EXPECT_THAT(in_tx([&](store::Tx& tx) { return certificates_in(tx, token.id); }),
                ElementsAre(CertificateId{1}, CertificateId{2}));
    clock().advance(std::chrono::days(2));
    EXPECT_TRUE(spent());
    EXPECT_FALSE(in_tx([](store::Tx& tx) { return has_primary(tx, kSubscriber); }));
}

TEST_P(Tokens, WhatIsOrderedIsListedForTheCardCentre) {
    order("a", TokenKind::Primary);
    order("b", TokenKind::Secondary);
    EXPECT_TRUE(in_tx([&, a = read("a")](store::Tx& tx) { return card_made(tx, a, "AP1"); }));
    const auto ordered =
        in_tx([](store::Tx& tx) { return list_tokens(tx, TokenState::Ordered, 0, 10); });
    ASSERT_THAT(ordered, SizeIs(1));
    EXPECT_EQ(ordered.front().order_key, "b");
}

SEALDESK_ON_EVERY_BACKEND(Tokens);

}  // namespace
}  // namespace sealdesk::subscribers
