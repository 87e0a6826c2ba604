// The card that goes out empty (T 5.1.4, T 6.3, C 8.2): a PIN on its slip, no key, no certificate;
// it leaves with its slip, and its subscriber makes the keys at home; on both databases.
#include <fstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "cards/card_stock.h"
#include "cards/piv_card.h"
#include "crypto/verifier.h"
#include "effects/acceptance.h"
#include "effects/apart.h"
#include "effects/card_face.h"
#include "effects/card_life.h"
#include "effects/deliveries.h"
#include "effects/fake_ca.h"
#include "effects/own_application.h"
#include "effects/own_certificates.h"
#include "effects/parcel_steps.h"
#include "effects/personalise.h"
#include "paper/pdf_probe.h"
#include "requests/office_desk.h"
#include "subscribers/acceptance.h"
#include "subscribers/puk_vault.h"
#include "support/failing_connection.h"
#include "support/virtual_reader.h"

namespace sealdesk::effects {
namespace {

using subscribers::TokenState;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const Secret kHomePassword(std::string_view("Mountain-Tea-88"));

class EmptyCard : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        ASSERT_TRUE(enter_card_stock(db(), {cards::StockMove::Received, 5, "officer:dee", "D-1"}));
    }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.empty-card", work);
    }

    /// A registration for a card, approved and carried out.
    std::string register_for_card(const std::string& delivery) {
        auto form = registration();
        form["certificate_kind"] = "IC卡";
        form["slip_delivery"] = delivery;
        const std::string number = approved_registration(form);
        run_effects();
        return number;
    }

    Result<cards::CardRecord> make_on(store::Database& database, test::VirtualTransport& wire,
                                      CardKeyOf own_key = {}) {
        const requests::Office office = office_on(database);
        const Works works = works_of(office);
        const PukVault vault(database, print_room());
        Secret key(24);
        for (std::size_t i = 0; i < key.size(); ++i) {
            key.fill()[i] = char(i % 8 + 1);
        }
        const TransportSecrets transport{Secret("12345678"),
                                         Secret("123456"),
                                         {cards::ManagementKey::Kind::TripleDes, std::move(key)}};
        const Station station{
            .works = works,
            .profiles = [](const std::string&) -> Result<const ca::Profiles*> {
                return Error{ErrorKind::Refused, "test.no_profiles", "No CA is asked.", {}, {}};
            },
            .vault = vault,
            .transport = transport,
            .own_key = std::move(own_key),
            .actor = "officer:dee"};
        cards::PivCard card(wire, database.random());
        return personalise(station, card);
    }
    std::string make(test::VirtualTransport& wire) {
        const auto made = make_on(db(), wire);
        return made ? std::string(cards::to_text(made->state)) : made.error().code;
    }

    subscribers::Token token() {
        return in_tx([](store::Tx& tx) {
            const auto account = subscribers::list_accounts(tx, 0, 1).front();
            return subscribers::tokens_of(tx, account.subscriber).front();
        });
    }

    /// Prints what waits and says it has left, posted under one registered-mail number.
    std::string send_everything(const std::string& tracking) {
        const requests::Office office = office_on(db());
        EXPECT_TRUE(make_print_batches(works_of(office)));
        std::string text;
        for (const auto& batch :
             in_tx([](store::Tx& tx) { return slips::list_batches(tx, 0, 100); })) {
            const auto queued = slips::print_batch(
                {db(), print_folder(), print_room(), print_room_secret(), templates()},
                batch.number, "test");
            if (!queued) {
                continue;
            }
            text += test::pdf_text(read_file(queued->file), folder());
            const auto left = in_tx([&](store::Tx& tx) {
                slips::TrackingNumbers numbers;
                for (const auto& slip : slips::list_slips(tx, {})) {
                    if (slip.batch == batch.id && !tracking.empty()) {
                        numbers[slip.number] = tracking;
                    }
                }
                return slips::acknowledge_batch(
                    tx, batch.number, numbers, "officer:dee",
                    [&](store::Tx& inner, const slips::Slip& slip, std::string_view number) {
                        return slip_leaves(inner, office, slip, number, "officer:dee");
                    });
            });
            EXPECT_TRUE(left) << left.error().code;
        }
        return text;
    }

    /// The account's visitor, by a password of its own.
    Visitor visitor() {
        const auto account = in_tx([](store::Tx& tx) {
            auto first = subscribers::list_accounts(tx, 0, 1).front();
            const auto verifier = crypto::make_verifier(kHomePassword, tx.random(), {4, 8, 1});
            EXPECT_TRUE(subscribers::activate(tx, first.id, first.generation, verifier));
            return first;
        });
        connection().execute("UPDATE account SET must_change = 0", {});
        return enter(office_on(db()), account.name, kHomePassword).value();
    }
    std::string apply(int key, const std::string& profile) {
        const requests::Office office = office_on(db());
        const ca::Profiles profiles = ca::test_profiles();
        const auto issued = apply_for_certificate({office, ca_, profiles}, visitor(),
                                                  {ca::make_csr(ca::subject_key(key)), profile});
        return issued ? "issued" : issued.error().code;
    }

    cards::CardStock stock() {
        return in_tx([](store::Tx& tx) { return cards::count_card_stock(tx); });
    }

    FakeCa ca_;
};

// T 5.1.4
TEST_P(EmptyCard, IsMadeWithAPinAndNothingElse) {
    const std::string number = register_for_card("郵寄");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);

    const auto made = make_on(db(), wire);

    ASSERT_TRUE(made) << made.error().code << ": " << made.error().detail;
    EXPECT_EQ(made->state, cards::CardState::Complete);
    for (const unsigned slot : {0x9CU, 0x9DU}) {
        EXPECT_EQ(card.certificate(slot), "");
        EXPECT_EQ(card.public_key(slot), "");
    }
    EXPECT_THAT(card.pin(), SizeIs(8));
    EXPECT_NE(card.pin().substr(0, 6), "123456");
    EXPECT_NE(card.puk(), "12345678");
    EXPECT_TRUE(in_tx([&](store::Tx& tx) { return subscribers::find_puk(tx, made->identity); }));
    EXPECT_EQ(token().state, TokenState::Personalised);
    EXPECT_EQ(token().card_number, made->number);
    EXPECT_EQ(card_face(office_on(db()), made->number).value().valid_until, std::nullopt);
    EXPECT_EQ(rows_in("certificate"), 0);
    EXPECT_EQ(stock().complete, 1);

    wire.insert(card);
    EXPECT_EQ(make(wire), "card.already_complete");
    const std::string paper = send_everything("RR123456789TW");
    EXPECT_THAT(paper, HasSubstr(card.pin()));
    EXPECT_THAT(paper, Not(HasSubstr(card.puk())));
}

// T 6.3: one envelope for slip, card and PIN slip; the record shows its number (T 3.2.6).
TEST_P(EmptyCard, IsPostedWithItsSlipUnderOneNumber) {
    const std::string number = register_for_card("郵寄");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");

    send_everything("RR123456789TW");

    EXPECT_EQ(token().state, TokenState::Shipped);
    const auto card_token = token();
    const auto parcels = in_tx([&](store::Tx& tx) { return parcels_with(tx, card_token); });
    ASSERT_THAT(parcels, SizeIs(1));
    EXPECT_EQ(parcels.front().state, parcels::ParcelState::Posted);
    EXPECT_EQ(parcels.front().tracking, "RR123456789TW");
    const requests::Office office = office_on(db());
    EXPECT_EQ(complete_requests(works_of(office)), 1);  // the post is the subscriber's risk
    EXPECT_EQ(state_of(number), "completed");
}

// T 3.2.6: the envelope comes back, and everything in it has been out of our hands.
TEST_P(EmptyCard, ThatComesBackLeavesNoSlipAlive) {
    register_for_card("郵寄");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");
    send_everything("RR123456789TW");
    const auto file = folder() / "returned.csv";
    std::ofstream(file) << "掛號號碼,退件日期,退件原因\nRR123456789TW,"
                        << to_roc_text(day_in_taipei(clock().now())) << ",招領逾期\n";
    const auto take = [&] {
        std::string fates;
        const auto sums =
            import_returns(db(), {file, "", false, "officer:dee", [&](const intake::Fate& fate) {
                                      fates += fate_label(fate.kind, Language::English);
                                  }});
        return sums ? fates : sums.error().code;
    };

    EXPECT_EQ(take(), "accepted");
    EXPECT_EQ(take(), "duplicate");

    EXPECT_EQ(token().state, TokenState::AtCounter);
    for (const slips::Slip& slip : in_tx([](store::Tx& tx) { return slips::list_slips(tx, {}); })) {
        EXPECT_EQ(slip.state, slips::SlipState::Void) << slip.number;
    }
    EXPECT_EQ(rows_in("slip_return"), 2);
    const auto account =
        in_tx([](store::Tx& tx) { return subscribers::list_accounts(tx, 0, 1).front(); });
    EXPECT_EQ(account.state, subscribers::AccountState::Waiting);
    run_effects();
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE "
                         "'slip-returned:%'",
                         {})
                  .front()
                  .number(0),
              2);
}

// T 5.1.4
TEST_P(EmptyCard, IsHandedOverWithItsSlipAtTheCounter) {
    const std::string number = register_for_card("現場領取");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");

    send_everything("");

    EXPECT_EQ(token().state, TokenState::HandedOver);
    EXPECT_EQ(rows_in("parcel"), 0);
    const requests::Office office = office_on(db());
    EXPECT_EQ(complete_requests(works_of(office)), 1);
}

// T 6.3: with e-delivery the account slip goes by mail, card and PIN slip by post.
TEST_P(EmptyCard, GoesByPostWhenTheSlipGoesByMail) {
    register_for_card("電子化");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");

    const std::string paper = send_everything("RR123456789TW");

    EXPECT_THAT(paper, HasSubstr(card.pin()));
    EXPECT_EQ(token().state, TokenState::Shipped);
}

// T 5.1.4
TEST_P(EmptyCard, ARegistrationForASoftwareCertificateOrdersNone) {
    approved_registration(registration());
    run_effects();
    test::VirtualPiv card;
    test::VirtualTransport wire(card);

    EXPECT_EQ(make(wire), "card.none_ordered");
    EXPECT_EQ(rows_in("subscriber_token"), 0);
}

// An undeliverable card lies at the counter; the scheme has no collection form.
TEST_P(EmptyCard, AnUndeliverableOneIsCollectedWithoutAForm) {
    register_for_card("郵寄");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");
    send_everything("RR123456789TW");
    const auto card_token = token();
    const std::string parcel =
        in_tx([&](store::Tx& tx) { return parcels_with(tx, card_token).front().number; });
    const requests::Office office = office_on(db());

    EXPECT_TRUE(in_tx([&](store::Tx& tx) {
        return take_parcel_back(tx, {parcel, "officer:dee", {}, "查無此址"});
    }));
    run_effects();
    EXPECT_EQ(token().state, TokenState::AtCounter);
    const auto collected = in_tx([&](store::Tx& tx) {
        return collect_parcel(tx, office, {parcel, "officer:dee", {}, {}, true});
    });

    EXPECT_TRUE(collected) << collected.error().code;
    EXPECT_EQ(token().state, TokenState::HandedOver);
}

// T 5.2.1, C 8.2: keys made at home, two certificates; the card is their token.
TEST_P(EmptyCard, ItsSubscriberAppliesForBothCertificatesWithKeysMadeAtHome) {
    register_for_card("郵寄");
    EXPECT_EQ(apply(0, "tipo-ic-card-signature"), "certificate.card_not_there");
    test::VirtualPiv card;
    test::VirtualTransport wire(card);
    ASSERT_EQ(make(wire), "complete");
    EXPECT_EQ(apply(0, "tipo-ic-card-signature"), "certificate.card_not_there");
    send_everything("RR123456789TW");

    EXPECT_EQ(apply(0, "tipo-ic-card-signature"), "issued");
    EXPECT_EQ(apply(1, "tipo-ic-card-encryption"), "issued");

    const auto card_token = token();
    const auto inside =
        in_tx([&](store::Tx& tx) { return subscribers::contents_of(tx, card_token.id); });
    ASSERT_THAT(inside, SizeIs(2));
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM job WHERE kind = 'certificate.mail'", {})
                  .front()
                  .number(0),
              0);  // fetched on the website (T 5.3.2)
    in_tx([&](store::Tx& tx) {
        for (const auto& one : inside) {
            EXPECT_TRUE(effects::accept_certificate(tx, one, {"subscriber", "T 4.5.3"}));
        }
    });
    EXPECT_EQ(token().state, TokenState::Accepted);
    // The card's life: a loss puts both on hold.
    EXPECT_TRUE(in_tx([&](store::Tx& tx) {
        return step_card(tx, office_on(db()),
                         {card_token.card_number, subscribers::TokenEvent::Lose, "lost on a train",
                          "officer:ann"});
    }));
    EXPECT_EQ(token().state, TokenState::Lost);
    EXPECT_EQ(apply(2, "tipo-ic-card-signature"), "certificate.card_not_there");
}

TEST_P(EmptyCard, APulledCardIsFinishedAtEachMoment) {
    register_for_card("現場領取");
    std::uint64_t last = 100;
    for (std::uint64_t at = 1; at <= last; ++at) {
        test::VirtualPiv card;
        card.add_fault({.at = at,
                        .kind = at % 2 == 0 ? test::CardFault::Kind::RemovedBefore
                                            : test::CardFault::Kind::RemovedAfter});
        test::VirtualTransport wire(card);
        std::string state = make(wire);
        if (state == "complete") {
            last = at;
        } else {
            EXPECT_EQ(state, "card.removed") << at;
            wire.insert(card);
            state = make(wire);
        }
        ASSERT_EQ(state, "complete") << at;
        EXPECT_EQ(card.public_key(0x9C), "") << at;
        ASSERT_TRUE(spoil_card(db(), token().card_number, "trial", "officer:dee"));
        ASSERT_TRUE(enter_card_stock(db(), {cards::StockMove::Received, 1, "officer:dee", "D-2"}));
    }
    EXPECT_GT(last, 10U);
    EXPECT_LT(last, 100U);
    EXPECT_EQ(stock().in_work, 0);
    EXPECT_EQ(stock().received, stock().blank() + stock().complete + stock().spoiled);
    EXPECT_EQ(in_tx([](store::Tx& tx) { return slips::count_slips(tx); }).difference(), 0);
}

TEST_P(EmptyCard, OneCardWhateverWriteFails) {
    register_for_card("現場領取");
    int write = 0;
    for (bool failed = true; failed; ++write) {
        ASSERT_LT(write, 120);
        test::VirtualPiv card;
        test::VirtualTransport wire(card);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(make_on(broken, wire)) << write;
        } catch (const Failure&) {
            wire.insert(card);
            const std::string again = make(wire);
            EXPECT_TRUE(again == "complete" || again == "card.already_complete") << write << again;
        }
        failed = failing.has_failed();
        EXPECT_EQ(token().state, TokenState::Personalised) << write;
        EXPECT_EQ(stock().complete, 1) << write;
        ASSERT_TRUE(spoil_card(db(), token().card_number, "trial", "officer:dee"));
        ASSERT_TRUE(enter_card_stock(db(), {cards::StockMove::Received, 1, "officer:dee", "D-2"}));
    }
    EXPECT_GT(write, 10);
    EXPECT_EQ(stock().spoiled, write);
}

// Who makes keys at home needs the lot's key: the station leaves it.
TEST_P(EmptyCard, KeepsTheLotsManagementKey) {
    register_for_card("現場領取");
    test::PivManner manner;
    manner.sets_management_key = true;
    test::VirtualPiv card(manner);
    const std::string lots = card.management_key();
    test::VirtualTransport wire(card);

    const auto made = make_on(db(), wire, [](std::string_view) {
        return cards::ManagementKey{cards::ManagementKey::Kind::TripleDes,
                                    Secret(std::string(24, '\x2a'))};
    });

    ASSERT_TRUE(made) << made.error().code;
    EXPECT_EQ(card.management_key(), lots);
}

SEALDESK_ON_EVERY_BACKEND(EmptyCard);

}  // namespace
}  // namespace sealdesk::effects
