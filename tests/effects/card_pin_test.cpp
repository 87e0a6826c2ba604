// A subscriber's PIN, by the website password, on both databases; the card is a virtual PIV card.
#include "effects/card_pin.h"

#include <gmock/gmock.h>

#include "audit/log.h"
#include "base/durable_file.h"
#include "crypto/verifier.h"
#include "effects/pin_card.h"
#include "support/command.h"
#include "support/failing_connection.h"
#include "support/planted.h"

namespace sealdesk::effects {
namespace {

using subscribers::TokenState;
using test::CardFault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kWebsitePassword = "Mountain-Tea-88";

class CardPin : public PinCard<test::OfficeDesk> {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        approved_registration(registration());
        run_effects();
        visitor_.emplace(come_in());
        token_ = ordered_token(visitor_->subscriber().id);
        personalise(token());
    }

    /// The newest account's subscriber, with a password of its own.
    Visitor come_in() {
        const std::string name = in_tx([](store::Tx& tx) {
            auto last = subscribers::list_accounts(tx, 0, 10).back();
            const auto verifier =
                crypto::make_verifier(Secret(kWebsitePassword), tx.random(), {4, 8, 1});
            EXPECT_TRUE(subscribers::activate(tx, last.id, last.generation, verifier));
            return last.name;
        });
        connection().execute("UPDATE account SET must_change = 0", {});
        return enter(office_on(db()), name, Secret(kWebsitePassword)).value();
    }

    TokenId ordered_token(SubscriberId subscriber) {
        return in_tx([&](store::Tx& tx) {
            return subscribers::order_token(
                       tx, {TokenId{tx.new_id()}, subscriber,
                            "test:" + std::to_string(subscriber.value()),
                            subscribers::TokenKind::Primary, subscribers::CertificateUse::Both})
                .value();
        });
    }
    subscribers::Token token() {
        return in_tx([&](store::Tx& tx) { return subscribers::find_token(tx, token_).value(); });
    }

    std::string renew_on(store::Database& database, PinWork work, const std::string& pin,
                         bool last_try = false) {
        return visit(database, [&](const PinDesk& desk, cards::Card& card) {
            return renew_pin(desk, card, *visitor_, {work, Secret(pin), last_try});
        });
    }
    std::string unblock(const std::string& pin = kNewPin, bool last_try = false) {
        return renew_on(db(), PinWork::Unblock, pin, last_try);
    }
    std::string reset(const std::string& pin = kNewPin) {
        return renew_on(db(), PinWork::Reset, pin);
    }

    /// Wrong PUKs by some other program.
    void waste_puk_tries(int count) {
        wire_.insert();
        cards::PivCard card(wire_, random());
        ASSERT_TRUE(card.select());
        for (int i = 0; i < count; ++i) {
            ASSERT_EQ(card.unblock(Secret("00000000"), Secret(kNewPin)).error().code,
                      "card.wrong_puk");
        }
    }

    /// A visit in which the card is pulled at its n-th APDU.
    std::string unblock_pulled(std::uint64_t n, CardFault::Kind kind) {
        piv_.add_fault({piv_.apdus() + n, kind});
        const std::string code = unblock();
        piv_.forget_faults();
        return code;
    }

    std::optional<Visitor> visitor_;
    TokenId token_{1};  ///< until there is one
};

// T 4.9.6, M 6.4.1; T 4.1.3: three wrong ones lock it.
TEST_P(CardPin, APinIsChangedWithTheOldOneAndThreeWrongOnesLockTheCard) {
    EXPECT_EQ(change(kFirstPin, kNewPin), "ok");
    EXPECT_EQ(piv_.pin(), kNewPin);
    EXPECT_EQ(change(kNewPin, kNewPin), "card.pin_unchanged");
    EXPECT_EQ(change(kFirstPin, "592038"), "card.wrong_pin 2");
    EXPECT_EQ(change("5920", "592038"), "card.bad_pin_form");  // costs no try
    EXPECT_EQ(change(kFirstPin, "592038"), "card.wrong_pin 1");
    EXPECT_EQ(change(kFirstPin, "592038"), "card.pin_locked");
    EXPECT_EQ(change(kNewPin, "592038"), "card.pin_locked");
    EXPECT_EQ(piv_.pin(), kNewPin);
    EXPECT_EQ(events("card.pin_changed"), 1);
    EXPECT_EQ(events("card.pin_wrong"), 2);
    EXPECT_EQ(events("card.pin_locked"), 2);
    EXPECT_EQ(events("puk.opened"), 0);
}

// T 4.9.3, T 4.9.4: a forgotten PIN is reset, a locked card is unblocked; the PUK is used once.
TEST_P(CardPin, ResetAndUnblockUseThePukOnceAndRenewIt) {
    const std::string first = piv_.puk();
    EXPECT_EQ(unblock(), "card.not_locked");
    EXPECT_EQ(events("puk.opened"), 0);
    EXPECT_EQ(reset(), "ok");
    EXPECT_EQ(piv_.pin(), kNewPin);
    const std::string second = piv_.puk();
    EXPECT_NE(first, second);
    EXPECT_EQ(compare(), "agree");

    lock_card();
    EXPECT_EQ(unblock("592038"), "ok");
    EXPECT_EQ(piv_.pin(), "592038");
    EXPECT_EQ(piv_.pin_tries_left(), 3);
    EXPECT_NE(second, piv_.puk());
    EXPECT_EQ(compare(), "agree");
    lock_card();
    EXPECT_EQ(reset(), "ok");  // locked and forgotten, T 4.9.3
    EXPECT_EQ(events("puk.opened"), 3);
    EXPECT_EQ(events("puk.renewed"), 4);  // the station's among them
    EXPECT_EQ(events("card.pin_reset"), 2);
    EXPECT_EQ(events("card.pin_unblocked"), 1);
    const auto opened = in_tx([](store::Tx& tx) {
        return audit::details_of(tx, "puk.opened", std::string("card:") + kIdentity);
    });
    ASSERT_EQ(opened.size(), 3U);
    EXPECT_EQ(opened[1].at("purpose"), "pin unblock");
    EXPECT_EQ(
        connection()
            .query("SELECT COUNT(*) FROM audit_event WHERE kind = 'puk.opened' AND actor = '" +
                       visitor_->actor() + "'",
                   {})
            .front()
            .number(0),
        3);
}

// T 4.9.7 as far as a PIV card can hold it; nothing is sent, nothing opened.
TEST_P(CardPin, ANewPinIsOfTheCardsFormAndNotTheSubscribersData) {
    const std::string account = visitor_->account().name;
    const std::string before = piv_.pin();
    for (const char* pin : {"12345", "123456789", "abc123", "73026x", "７３０２６４"}) {
        EXPECT_EQ(reset(pin), "card.bad_pin_form") << pin;
        EXPECT_EQ(change(kFirstPin, pin), "card.bad_pin_form") << pin;
    }
    for (const std::string& pin :
         {std::string("111111"), std::string("234567"), std::string("87654321"),
          std::string("800102"), std::string("0800102"), std::string("19910102"),
          std::string("910102"), std::string("020191"), std::string("01021991"),
          std::string("237088"), std::string("23708886"), account.substr(account.size() - 6)}) {
        EXPECT_EQ(reset(pin), "card.weak_pin") << pin;
        EXPECT_EQ(change(kFirstPin, pin), "card.weak_pin") << pin;
    }
    EXPECT_EQ(piv_.pin(), before);
    EXPECT_EQ(piv_.pin_tries_left(), 3);
    EXPECT_EQ(events("puk.opened"), 0);
    EXPECT_EQ(reset("135790"), "ok");
}

// T 4.9.5, T 4.1.2: the website's strikes are the website's; the card hears of nothing.
TEST_P(CardPin, ThreeWrongWebsitePasswordsLockTheWebsiteAndNotTheCard) {
    lock_card();
    const auto apdus = piv_.apdus();
    const std::string name = visitor_->account().name;
    const auto entered = [&](std::string_view password) {
        const auto visitor = enter(office_on(db()), name, Secret(password));
        return visitor ? "in" : visitor.error().code;
    };
    EXPECT_EQ(entered("guess-number-1"), "account.wrong_password");
    EXPECT_EQ(entered("guess-number-1"), "account.wrong_password");
    EXPECT_EQ(entered("guess-number-1"), "account.suspended");
    EXPECT_EQ(entered(kWebsitePassword), "account.suspended");
    EXPECT_EQ(piv_.apdus(), apdus);
    EXPECT_EQ(piv_.puk_tries_left(), 3);
    EXPECT_EQ(compare(), "agree");
}

TEST_P(CardPin, OnlyACardOfTheAccountsSubscriberInUseIsServed) {  // T 4.9.5
    lock_card();
    const auto own = *visitor_;
    approved_registration(registration("B123456780"));
    run_effects();
    visitor_.emplace(come_in());
    ASSERT_NE(visitor_->subscriber().id, own.subscriber().id);
    EXPECT_EQ(unblock(), "card.of_another");
    EXPECT_EQ(reset(), "card.of_another");
    visitor_.emplace(own);
    EXPECT_EQ(
        visit(db(),
              [&](const PinDesk& desk, cards::Card& card) {
                  return renew_pin_at_counter(desk, card, "ann", {PinWork::Reset, Secret(kNewPin)});
              }),
        "card.needs_website_password");

    const auto put_in = [&](std::int64_t id, const std::string& serial) {
        in_tx([&](store::Tx& tx) {
            subscribers::keep_certificate(
                tx, {CertificateId{id}, own.subscriber().id, RequestId{1}, serial, "tipo",
                     "p" + serial, serial, "der", tx.now(), tx.now() + std::chrono::days(365)});
            subscribers::put_into_token(tx, CertificateId{id}, token_);
            subscribers::keep_change(
                tx, {CertificateId{id}, subscribers::CertificateState::Revoked, "", "r" + serial});
        });
    };
    put_in(71, "0a01");
    EXPECT_EQ(unblock(), "card.certificates_revoked");
    connection().execute("DELETE FROM token_certificate", {});
    const auto seen = token();
    ASSERT_TRUE(in_tx([&](store::Tx& tx) {
        return subscribers::take_step(tx, seen, subscribers::TokenEvent::Retire, {"test"});
    }));
    EXPECT_EQ(unblock(), "card.not_in_use");
    EXPECT_EQ(events("puk.opened"), 0);
    connection().execute("DELETE FROM card", {});
    EXPECT_EQ(unblock(), "card.not_ours");
    EXPECT_EQ(change(kFirstPin, kNewPin), "card.not_ours");
    EXPECT_EQ(piv_.pin(), kFirstPin);
}

// The bar: pulled at each APDU of unblock, before and after the card did what it was told.
TEST_P(CardPin, ACardPulledAtAnyMomentIsUnblockedAtTheNextVisit) {
    std::uint64_t n = 1;
    for (; n < 20; ++n) {
        bool pulled = false;
        for (const auto kind : {CardFault::Kind::RemovedBefore, CardFault::Kind::RemovedAfter}) {
            lock_card();
            const std::string puk = piv_.puk();
            const auto faults = piv_.faults_happened();
            const std::string first = unblock_pulled(n, kind);
            pulled = piv_.faults_happened() > faults;
            EXPECT_EQ(first == "ok", !pulled) << n;
            if (pulled) {
                EXPECT_EQ(unblock("592038"), "ok") << n << " after " << first;
                EXPECT_EQ(piv_.pin(), "592038") << n;
            }
            EXPECT_EQ(compare(), "agree") << n;
            EXPECT_NE(piv_.puk(), puk) << n;
            EXPECT_EQ(piv_.puk_tries_left(), 3) << n;
            EXPECT_EQ(piv_.pin_tries_left(), 3) << n;
        }
        if (!pulled) {
            break;
        }
    }
    EXPECT_GT(n, 5U);  // SELECT, GET DATA, VERIFY, RESET RETRY COUNTER, CHANGE REFERENCE DATA
    EXPECT_GE(wire_.fewest_puk_tries(), 2);
}

// Pulled while the PUK is set or changed, then again at any moment of the visit that finds out.
TEST_P(CardPin, ACardPulledTwiceLosesOnePukTryAtMost) {
    for (const std::uint64_t first : {4U, 5U}) {
        for (std::uint64_t n = 1; n < 8; ++n) {
            for (int kinds = 0; kinds < 4; ++kinds) {
                const auto kind = [&](int bit) {
                    return (kinds & bit) != 0 ? CardFault::Kind::RemovedAfter
                                              : CardFault::Kind::RemovedBefore;
                };
                lock_card();
                EXPECT_NE(unblock_pulled(first, kind(1)), "ok");
                if (unblock_pulled(n, kind(2)) == "ok") {
                    lock_card();
                }
                EXPECT_EQ(unblock("592038"), "ok") << first << " " << n << " " << kinds;
                ASSERT_EQ(compare(), "agree") << first << " " << n << " " << kinds;
                EXPECT_EQ(piv_.puk_tries_left(), 3);
            }
        }
    }
    EXPECT_EQ(wire_.fewest_puk_tries(), 2);
}

TEST_P(CardPin, WhateverWriteFailsTheNextVisitFinishes) {
    for (int write = 0; write < 60; ++write) {
        lock_card();
        const std::string puk = piv_.puk();
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_EQ(renew_on(broken, PinWork::Unblock, kNewPin), "ok");
        } catch (const Failure&) {
            EXPECT_EQ(unblock("592038"), "ok") << write;
        }
        ASSERT_EQ(compare(), "agree") << write;
        EXPECT_NE(piv_.puk(), puk) << write;
        EXPECT_EQ(piv_.puk_tries_left(), 3) << write;
        if (!failing.has_failed()) {
            EXPECT_GT(write, 15);
            EXPECT_GE(wire_.fewest_puk_tries(), 2);
            return;
        }
    }
    FAIL() << "some write always failed";
}

// The PUK itself is never locked by us, unless somebody wants the last try.
TEST_P(CardPin, TheLastPukTryIsAskedFor) {
    lock_card();
    EXPECT_EQ(unblock_pulled(5, CardFault::Kind::RemovedBefore), "card.puk_not_renewed");
    waste_puk_tries(1);
    EXPECT_EQ(unblock(), "card.puk_last_try");  // the fresh one was wrong
    EXPECT_EQ(piv_.puk_tries_left(), 1);
    EXPECT_EQ(unblock(), "card.puk_last_try");
    EXPECT_EQ(piv_.puk_tries_left(), 1);
    EXPECT_EQ(unblock(kNewPin, true), "ok");
    EXPECT_EQ(piv_.puk_tries_left(), 3);
    EXPECT_EQ(compare(), "agree");

    lock_card();
    piv_.set_puk("31415926");  // by somebody else
    EXPECT_EQ(unblock(), "card.wrong_puk");
    EXPECT_EQ(unblock(), "card.wrong_puk");
    EXPECT_EQ(unblock(), "card.puk_last_try");
    EXPECT_EQ(piv_.puk_tries_left(), 1);
    EXPECT_EQ(unblock(kNewPin, true), "card.puk_locked");
    EXPECT_EQ(piv_.puk_tries_left(), 0);
}

// What the station does: the first PUK, and what becomes of it when the card is pulled.
TEST_P(CardPin, TheFirstPukIsFoundOutWhenTheCardWasPulled) {
    for (const auto kind : {CardFault::Kind::RemovedBefore, CardFault::Kind::RemovedAfter}) {
        connection().execute("DELETE FROM puk_vault", {});
        piv_.set_puk("12345678");
        piv_.add_fault({piv_.apdus() + 2, kind});  // after SELECT
        EXPECT_EQ(put_first(), "card.removed");
        lock_card();
        EXPECT_EQ(unblock(), "puk.not_kept");  // the station has not finished it
        EXPECT_EQ(put_first(), "ok");
        EXPECT_EQ(put_first(), "ok");  // again changes nothing
        EXPECT_EQ(compare(), "agree");
        EXPECT_NE(piv_.puk(), "12345678");
        EXPECT_GE(piv_.puk_tries_left(), 2);
        EXPECT_EQ(unblock(), "ok");
        EXPECT_EQ(piv_.puk_tries_left(), 3);
    }
    connection().execute("DELETE FROM puk_vault", {});
    EXPECT_EQ(put_first(), "card.wrong_puk");  // not the one that it was delivered with
    EXPECT_EQ(rows_in("puk_vault"), 0);
}

// Only the service's key opens what is kept (here by OpenSSL), and nothing else has it.
TEST_P(CardPin, ThePukLiesNowhereInClear) {
    const std::string used = "Pq7-Xm2v";
    piv_.set_puk(used);
    in_tx([&](store::Tx& tx) { subscribers::keep_puk(tx, kIdentity, vault().seal(Secret(used))); });
    lock_card();
    EXPECT_EQ(unblock(), "ok");
    test::PlantedSecrets secrets;
    secrets.add_text("the used PUK", used);
    EXPECT_THAT(secrets.found_below(folder()), IsEmpty());
    EXPECT_THAT(secrets.found_in("database", on_mysql() ? test::content_of(connection()) : ""),
                IsEmpty());

    for (const char* kind : {"puk.opened", "puk.settled", "puk.change_begun", "puk.renewed",
                             "card.pin_unblocked", "card.pin_wrong"}) {
        const auto details = in_tx([&](store::Tx& tx) {
            return audit::details_of(tx, kind, std::string("card:") + kIdentity);
        });
        EXPECT_FALSE(details.empty()) << kind;
        for (const auto& detail : details) {
            EXPECT_THAT(detail.dump(), Not(HasSubstr(piv_.puk())));
            EXPECT_THAT(detail.dump(), Not(HasSubstr(kNewPin)));
        }
    }

    const auto kept =
        in_tx([](store::Tx& tx) { return subscribers::find_puk(tx, kIdentity).value(); });
    const std::string base = (folder() / "service").string();
    write_file_durably(base + ".cms", *kept.current, FileAccess::Owner);
    write_file_durably(base + ".pem", print_room().pem(), FileAccess::Owner);
    print_room_secret().save(base + ".key", Secret("Lantern-24680"));
    const auto opened =
        test::run_command("openssl cms -decrypt -inform DER -in " + base + ".cms -recip " + base +
                          ".pem -inkey " + base + ".key -passin pass:Lantern-24680");
    EXPECT_EQ(opened.output, piv_.puk());
}

SEALDESK_ON_EVERY_BACKEND(CardPin);

}  // namespace
}  // namespace sealdesk::effects
