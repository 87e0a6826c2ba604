// Tokens on both databases: one primary card, whoever asks (M 1.3.5.1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/migrations.h"
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
    const auto spent = [&] {
        return in_tx([&](store::Tx& tx) { return is_spent(tx, find_token(tx, token.id).value()); });
    };
    EXPECT_FALSE(spent());
    issue(1, token);
    issue(2, token);
    EXPECT_FALSE(spent());
    ASSERT_TRUE(in_tx([&](store::Tx& tx) { return card_made(tx, token, "AP00000001"); }));
    EXPECT_THAT(in_tx([&](store::Tx& tx) { return certificates_in(tx, token.id); }),
                ElementsAre(CertificateId{1}, CertificateId{2}));
    clock().advance(std::chrono::days(2));
    EXPECT_TRUE(spent());
    EXPECT_FALSE(in_tx([](store::Tx& tx) { return has_primary(tx, kSubscriber); }));
}

TEST_P(Tokens, ACardThatIsBeingMadeIsNotSpentByTheCertificatesOfASpoiledOne) {
    order("a", TokenKind::Primary);
    const Token token = read("a");
    issue(1, token);
    ASSERT_TRUE(in_tx([&](store::Tx& tx) { return card_made(tx, token, "AP00000001"); }));
    const Token made = read("a");
    ASSERT_TRUE(in_tx([&](store::Tx& tx) {
        return card_unmade(tx, made, {"officer:dee", "the chip does not answer"});
    }));
    EXPECT_EQ(read("a").state, TokenState::Ordered);
    EXPECT_EQ(read("a").card_number, "");
    clock().advance(std::chrono::days(2));
    EXPECT_FALSE(in_tx([&, now = read("a")](store::Tx& tx) { return is_spent(tx, now); }));
    EXPECT_TRUE(in_tx([](store::Tx& tx) { return has_primary(tx, kSubscriber); }));
    EXPECT_TRUE(
        in_tx([&, now = read("a")](store::Tx& tx) { return card_made(tx, now, "AP00000002"); }));
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

// ddl 194: what an older desk calls made is on its way when its parcel was posted.
TEST_P(Tokens, TokensOfOlderDesksMove) {
    const auto run_file = [&](int version) {
        for (const store::Migration& file : store::read_migrations(test::ddl_folder())) {
            if (file.version == version) {
                connection().execute(store::in_dialect(file.statement, connection().dialect()), {});
            }
        }
    };
    run_file(112);
    const char* states[] = {"ordered",     "made",     "made", "at_counter",
                            "handed_over", "accepted", "ended"};
    std::int64_t id = 0;
    for (const char* state : states) {
        ++id;
        const std::vector<store::Value> args{id, id, "order " + std::to_string(id),
                                             std::string(state),
                                             std::int64_t{std::string(state) == "ended" ? id : 0}};
        connection().execute(
            "INSERT INTO token (id, subscriber_id, order_key, kind, certificate_use, state, "
            "primary_key, ordered_at, changed_at) VALUES (?, ?, ?, 'primary', 'both', ?, ?, 0, 0)",
            args);
    }
    connection().execute(
        "INSERT INTO parcel (id, number, dedup_key, scheme, request_id, subscriber_id, "
        "recipient_name, postal_code, address, state, tracking, ordered_at, changed_at) "
        "VALUES (1, 'G1', 'k', 's', 1, 3, 'x', '', 'x', 'posted', 'RR1234567', 0, 0)",
        {});
    connection().execute(
        "INSERT INTO parcel_item (parcel_id, item_no, kind, reference) "
        "VALUES (1, 1, 'card', 'order 3')",
        {});
    for (int again = 0; again < 2; ++again) {
        run_file(194);
        std::vector<std::string> moved;
        for (const auto& row :
             connection().query("SELECT state FROM subscriber_token ORDER BY id", {})) {
            moved.push_back(row.text(0));
        }
        EXPECT_THAT(moved, ElementsAre("ordered", "personalised", "shipped", "at_counter",
                                       "handed_over", "accepted", "retired"));
    }
    run_file(195);
}

SEALDESK_ON_EVERY_BACKEND(Tokens);

}  // namespace
}  // namespace sealdesk::subscribers
