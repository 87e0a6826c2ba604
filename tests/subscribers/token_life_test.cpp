// The one table of a token's life, cell by cell, on both databases (M 4.2.1.2, M 4.3, M 4.4.1,
// M 4.4.9): what is expected stands here a second time, written by hand.
#include "subscribers/token_life.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "subscribers/hold.h"
#include "subscribers/token_step.h"
#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::subscribers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What becomes of a token: rows are states, columns events in the order of TokenEvent; "" is
/// refused. A sign before it says what happens to the certificates: + hold, - release, ! revoke.
struct Row {
    const char* state;
    std::array<const char*, kTokenEventCount> becomes;
};
// clang-format off
constexpr Row kExpected[] = {
    //                personalise    post       keep_at_counter receive        collect        accept      suspend       resume          lose     damage      return       retire      spend      spoil
    {"ordered",      {"personalised", "",        "",           "",            "",            "",         "",           "",             "",      "",         "",          "!retired", "retired", ""}},
    {"personalised", {"",             "shipped", "at_counter", "handed_over", "",            "accepted", "",           "",             "+lost", "!damaged", "",          "!retired", "retired", "ordered"}},
    {"shipped",      {"",             "",        "at_counter", "handed_over", "",            "accepted", "",           "",             "+lost", "!damaged", "!returned", "!retired", "retired", ""}},
    {"at_counter",   {"",             "",        "",           "",            "handed_over", "",         "",           "",             "+lost", "!damaged", "",          "!retired", "retired", ""}},
    {"handed_over",  {"",             "",        "",           "",            "",            "accepted", "+suspended", "",             "+lost", "!damaged", "!returned", "!retired", "retired", ""}},
    {"accepted",     {"",             "",        "",           "",            "",            "",         "+suspended", "",             "+lost", "!damaged", "!returned", "!retired", "retired", ""}},
    {"suspended",    {"",             "",        "",           "",            "",            "",         "",           "-handed_over", "+lost", "!damaged", "!returned", "!retired", "retired", ""}},
    {"lost",         {"",             "",        "",           "",            "",            "",         "",           "-handed_over", "",      "!damaged", "!returned", "!retired", "retired", ""}},
    {"damaged",      {"",             "",        "",           "",            "",            "",         "",           "",             "",      "",         "",          "",         "", ""}},
    {"returned",     {"",             "",        "",           "",            "",            "",         "",           "",             "",      "",         "",          "",         "", ""}},
    {"retired",      {"",             "",        "",           "",            "",            "",         "",           "",             "",      "",         "",          "",         "", ""}},
};
// clang-format on

class TokenLife : public test::OnEveryBackend {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.life", work);
    }
    /// A secondary card in this state with a living, a second living and a revoked certificate; the
    /// counter holds them where the state says so.
    Token card_in(TokenState state) {
        const std::int64_t n = ++cards_;
        in_tx([&](store::Tx& tx) {
            const TokenId id{n};
            EXPECT_TRUE(order_token(tx, {id, kOwner, "card " + std::to_string(n),
                                         TokenKind::Secondary, CertificateUse::Both}));
            for (std::int64_t i = 0; i < 3; ++i) {
                const CertificateId certificate{n * 10 + i};
                const std::string name = std::to_string(certificate.value());
                keep_certificate(tx, {certificate, kOwner, RequestId{1}, name, "s", "p" + name,
                                      name, "der", tx.now(), tx.now() + std::chrono::days(9)});
                put_into_token(tx, certificate, id);
                if (i == 2) {
                    keep_change(tx, {certificate, CertificateState::Revoked, "superseded", name});
                } else if (state == TokenState::Suspended || state == TokenState::Lost) {
                    open_hold(tx, certificate, HoldSource::Counter, "before");
                }
            }
        });
        const std::vector<store::Value> args{std::string(to_text(state)), n};
        connection().execute("UPDATE subscriber_token SET state = ? WHERE id = ?", args);
        connection().execute("DELETE FROM job", {});
        return in_tx([&](store::Tx& tx) { return find_token(tx, TokenId{n}).value(); });
    }
    std::set<std::int64_t> held(const Token& card) {
        return in_tx([&](store::Tx& tx) {
            std::set<std::int64_t> held;
            for (const CertificateId one : certificates_in(tx, card.id)) {
                if (!open_holds(tx, one).empty()) {
                    held.insert(one.value() - card.id.value() * 10);
                }
            }
            return held;
        });
    }
    std::vector<std::string> jobs() {
        std::vector<std::string> kinds;
        for (const auto& row : connection().query("SELECT kind, subject FROM job", {})) {
            kinds.push_back(row.text(0) + " " + std::to_string(row.number(1)));
        }
        return kinds;
    }
    void expect_certificates(const Token& card, char what) {
        const bool was_held = card.state == TokenState::Suspended || card.state == TokenState::Lost;
        const std::set<std::int64_t> both{0, 1};
        const std::string id = std::to_string(card.id.value());
        std::vector<std::string> expected;
        if (what == '!') {
            expected = {"certificate.revoke-token " + id};
        } else if ((what == '+' && !was_held) || what == '-') {
            expected = {"certificate.holds 7"};
        }
        EXPECT_EQ(jobs(), expected);
        const bool is_held = what == '+' || (was_held && what != '-');
        EXPECT_EQ(held(card), is_held ? both : std::set<std::int64_t>{});
    }
    void expect_cell(TokenState from, TokenEvent event, std::string_view wanted) {
        SCOPED_TRACE(std::string(to_text(from)) + " " + std::string(to_text(event)));
        const Token card = card_in(from);
        const auto taken = in_tx([&](store::Tx& tx) {
            return take_step(tx, card, event, {"officer:ann", "why"});
        });
        const char what = wanted.empty() ? ' ' : wanted.front();
        const bool acts = what == '+' || what == '-' || what == '!';
        expect_certificates(card, acts ? what : ' ');
        const auto now = in_tx([&](store::Tx& tx) { return find_token(tx, card.id)->state; });
        const auto way = in_tx([&](store::Tx& tx) { return steps_of(tx, card.id); });
        if (wanted.empty()) {
            ASSERT_FALSE(taken);
            EXPECT_EQ(taken.error().code, "token.cannot_move");
            EXPECT_EQ(now, from);
            EXPECT_TRUE(way.empty());
            return;
        }
        ASSERT_TRUE(taken);
        EXPECT_EQ(to_text(now), wanted.substr(acts ? 1 : 0));
        ASSERT_THAT(way, SizeIs(1));
        EXPECT_EQ(way[0].from, from);
        EXPECT_EQ(way[0].to, now);
        EXPECT_EQ(way[0].actor + " " + way[0].reason, "officer:ann why");
    }

    static constexpr SubscriberId kOwner{7};
    std::int64_t cards_ = 0;
};

// M 4.2.1.2, M 4.3, M 4.4.1, M 4.4.9
TEST_P(TokenLife, EveryCellOfTheTableIsAsExpected) {
    for (std::size_t state = 0; state < kTokenStateCount; ++state) {
        ASSERT_EQ(to_text(static_cast<TokenState>(state)), kExpected[state].state);
        for (std::size_t event = 0; event < kTokenEventCount; ++event) {
            expect_cell(static_cast<TokenState>(state), static_cast<TokenEvent>(event),
                        kExpected[state].becomes.at(event));
        }
    }
}

// RFC 5280 §5.3.1: who finds a lost card must not find its key trusted.
TEST_P(TokenLife, ARevocationHasTheReasonOfTheEvent) {
    EXPECT_EQ(find_transition(TokenState::Lost, TokenEvent::Retire)->revoked_for, "key_compromise");
    EXPECT_EQ(find_transition(TokenState::Accepted, TokenEvent::Damage)->revoked_for, "superseded");
    EXPECT_EQ(find_transition(TokenState::Accepted, TokenEvent::Retire)->revoked_for,
              "cessation_of_operation");
    for (const Transition& one : kTokenLife) {
        EXPECT_EQ(one.revoked_for.empty(), one.certificates != OnCertificates::Revoke);
    }
}

TEST_P(TokenLife, ARefusalNamesWhatIsPossible) {
    const Token card = card_in(TokenState::Lost);
    const auto taken = in_tx(
        [&](store::Tx& tx) { return take_step(tx, card, TokenEvent::Suspend, {"officer:ann"}); });
    EXPECT_THAT(taken.error().detail, HasSubstr("resume, damage, return, retire"));
    EXPECT_THAT(taken.error().where, HasSubstr("resume, damage, return, retire"));
}

// The state, the step, the holds, the audit event and the job stand or fall together (M 4.4.1).
TEST_P(TokenLife, ALossOrDamageIsWholeWhateverWriteFails) {
    for (const TokenEvent event : {TokenEvent::Lose, TokenEvent::Damage}) {
        SCOPED_TRACE(to_text(event));
        const Token card = card_in(TokenState::Accepted);
        int write = 0;
        for (bool whole = false; !whole; ++write) {
            ASSERT_LT(write, 40);
            test::FailingConnection failing(connection(), write);
            store::Database broken(failing, clock(), random());
            try {
                whole = store::transact(broken, "test.life", [&](store::Tx& tx) {
                            return take_step(tx, card, event, {"officer:ann", "why"});
                        }).has_value();
            } catch (const Failure&) {
                EXPECT_EQ(in_tx([&](store::Tx& tx) { return find_token(tx, card.id)->state; }),
                          TokenState::Accepted);
                EXPECT_TRUE(in_tx([&](store::Tx& tx) { return steps_of(tx, card.id); }).empty());
                EXPECT_THAT(jobs(), SizeIs(0));
                EXPECT_TRUE(held(card).empty());
            }
        }
        EXPECT_GT(write, 5);
        EXPECT_THAT(jobs(), SizeIs(1));
        EXPECT_THAT(held(card), SizeIs(event == TokenEvent::Lose ? 2U : 0U));
    }
}

// M 4.4.9: a hold of another source stays, and makes no token suspended.
TEST_P(TokenLife, OnlyTheCountersHoldsMakeASuspendedToken) {
    const Token card = card_in(TokenState::Accepted);
    const std::int64_t first = card.id.value() * 10;
    const auto follow = [&] {
        return in_tx([&](store::Tx& tx) {
            EXPECT_TRUE(follow_counter_holds(tx, kOwner, {"request:R1"}));
            return find_token(tx, card.id)->state;
        });
    };
    const auto move = [&](auto act, std::int64_t id, HoldSource source) {
        in_tx([&](store::Tx& tx) { return act(tx, CertificateId{id}, source, "x"); });
    };
    move(open_hold, first, HoldSource::Court);
    move(open_hold, first + 1, HoldSource::Court);
    EXPECT_EQ(follow(), TokenState::Accepted);
    move(open_hold, first, HoldSource::Counter);
    EXPECT_EQ(follow(), TokenState::Accepted);  // one of two
    move(open_hold, first + 1, HoldSource::Counter);
    EXPECT_EQ(follow(), TokenState::Suspended);
    EXPECT_EQ(follow(), TokenState::Suspended);
    move(close_hold, first, HoldSource::Counter);
    EXPECT_EQ(follow(), TokenState::HandedOver);
    EXPECT_EQ(in_tx([&](store::Tx& tx) { return open_holds(tx, CertificateId{first + 1}); }),
              (std::vector{HoldSource::Court, HoldSource::Counter}));  // the form's own business
    EXPECT_THAT(jobs(), SizeIs(0));
}

SEALDESK_ON_EVERY_BACKEND(TokenLife);

}  // namespace
}  // namespace sealdesk::subscribers
