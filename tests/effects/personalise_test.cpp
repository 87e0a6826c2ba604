// The card centre's station (M 2.1.3, M 4.2.1.1 (4) A, M 6.1.1, M 6.1.3): a virtual card is made,
// is pulled out at every APDU, breaks, and the ledgers close; on both databases.
#include "effects/personalise.h"

#include <cstdlib>
#include <iostream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "cards/card_stock.h"
#include "cards/piv_card.h"
#include "effects/card_face.h"
#include "effects/entity_ca.h"
#include "effects/entity_desk.h"
#include "intake/field_rules.h"
#include "paper/pdf_probe.h"
#include "slips/print_batch.h"
#include "support/card_keys.h"
#include "support/failing_connection.h"
#include "support/virtual_reader.h"

namespace sealdesk::effects {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class Personalisation : public EntityDesk {
protected:
    void SetUp() override {
        EntityDesk::SetUp();
        profiles_ = entity_profiles();
        signer_ = ca::open_quickly(db(), entity_ca_files(profiles_), profiles_);
        signer_->recover();
        receive_cards(10);
    }

    void receive_cards(std::int64_t quantity) {
        ASSERT_TRUE(
            enter_card_stock(db(), {cards::StockMove::Received, quantity, "officer:dee", "D-1"}));
    }

    Result<cards::CardRecord> make_on(store::Database& database, test::VirtualTransport& wire) {
        const requests::Office office = office_on(database);
        const bool elsewhere = &database != &db();
        const auto opened =
            elsewhere ? ca::open_quickly(database, entity_ca_files(profiles_), profiles_) : nullptr;
        ca::LocalCa* const signer = elsewhere ? opened.get() : signer_.get();
        const Works works{
            office,       templates(),
            print_room(), print_folder(),
            stationery(), [&](const std::string&) -> Result<ca::CaClient*> {
                return signer; }};
        const PukVault vault(database, print_room());
        const TransportSecrets transport = delivered();
        const Station station{
            .works = works,
            .profiles = [this](const std::string&) -> Result<const ca::Profiles*> {
                return &profiles_;
            },
            .vault = vault,
            .transport = transport,
            .actor = "officer:dee"};
        cards::PivCard card(wire, database.random());
        return personalise(station, card);
    }
    std::string make(test::VirtualTransport& wire) {
        const auto made = make_on(db(), wire);
        return made ? std::string(cards::to_text(made->state)) : made.error().code;
    }

    static TransportSecrets delivered() {
        Secret key(24);
        for (std::size_t i = 0; i < key.size(); ++i) {
            key.fill()[i] = char(i % 8 + 1);
        }
        return {Secret("12345678"),
                Secret("123456"),
                {cards::ManagementKey::Kind::TripleDes, std::move(key)}};
    }

    test::VirtualPiv blank(const test::PivManner& manner = {}) {
        return test::VirtualPiv(manner, [] { return keys().next(); });
    }
    static test::QuickKeys& keys() {
        static test::QuickKeys quick(std::size_t(many() * 8 + 1000));
        return quick;
    }

    /// Of the unattended batch: more with $SEALDESK_TEST_CARDS.
    static int many() {
        const char* const wanted = std::getenv("SEALDESK_TEST_CARDS");
        return wanted == nullptr ? 25 : std::atoi(wanted);
    }

    /// As `card personalise --batch` does with one card that fails now and then; a card that comes
    /// to nothing is spoiled by a person.
    /// What the chip itself took.
    std::chrono::steady_clock::duration feed(std::uint64_t seed, double faults) {
        test::VirtualPiv card = blank();
        card.fail_at_random(faults, seed);
        test::VirtualTransport wire(card);
        std::string state;
        for (int visit = 0; visit < 6; ++visit) {
            wire.insert(card);
            state = make(wire);
            if (state != "card.removed" && state != "card.wrong_card") {
                break;
            }
        }
        for (const auto& left : in_tx([](store::Tx& tx) {
                 return cards::list_cards(tx, cards::CardState::InWork, 0, 10);
             })) {
            if (left.step != cards::CardStep::Reserved) {
                EXPECT_TRUE(spoil_card(db(), left.number, state, "officer:dee"));
            }
        }
        return card.busy();
    }

    /// Cards of equal probability of faults, while `more` says so; tells the host's time.
    void measure(const char* what, const std::function<bool(std::uint64_t fed)>& more,
                 double faults) {
        const auto begun = std::chrono::steady_clock::now();
        std::chrono::steady_clock::duration chips{};
        std::uint64_t fed = 0;
        while (more(fed)) {
            chips += feed(++fed, faults);
            run_jobs();
        }
        const auto a_card = [&](std::chrono::steady_clock::duration time) {
            return std::chrono::duration_cast<std::chrono::microseconds>(time).count() /
                   std::int64_t(std::max<std::uint64_t>(fed, 1));
        };
        std::cout << "  " << fed << " cards " << what << ": host "
                  << a_card(std::chrono::steady_clock::now() - begun - chips)
                  << " us a card, virtual chip " << a_card(chips) << " us\n";
    }

    /// What `run` does with certificates, through the station's own CA.
    void run_jobs() {
        const requests::Office office = office_on(db());
        const Works works{office,
                          templates(),
                          print_room(),
                          print_folder(),
                          stationery(),
                          [&](const std::string&) -> Result<ca::CaClient*> {
                return signer_.get(); }};
        queue::Runner runner(db());
        register_handlers(runner, works);
        EXPECT_EQ(runner.run({}).failed, 0);
    }

    std::string printed() {
        const requests::Office office = office_on(db());
        const Works works = works_of(office);
        EXPECT_TRUE(make_print_batches(works));
        std::string text;
        const auto batches = in_tx([](store::Tx& tx) { return slips::list_batches(tx, 0, 100); });
        for (const auto& batch : batches) {
            const auto queued = slips::print_batch(
                {db(), print_folder(), print_room(), print_room_secret(), templates()},
                batch.number, "test");
            if (queued) {
                text += test::pdf_text(read_file(queued->file), folder());
            }
        }
        return text;
    }

    cards::CardStock stock() {
        return in_tx([](store::Tx& tx) { return cards::count_card_stock(tx); });
    }
    std::string an_order(const std::string& record = "A-1") {
        const std::string number = approved("application", application(record, "正卡"));
        EntityDesk::run();
        return number;
    }
    std::int64_t living_certificates() {
        return connection()
            .query(
                "SELECT COUNT(*) FROM ca_certificate WHERE state = 'issued' AND profile LIKE "
                "'moea-company-%'",
                {})
            .front()
            .number(0);
    }

    ca::Profiles profiles_;
    std::unique_ptr<ca::LocalCa> signer_;
};

// M 2.1.3, M 6.1.1, M 6.1.3, M 6.4.1: keys made in the card, both certificates in it, a random PIN
// on paper.
TEST_P(Personalisation, MakesACardWithItsSlip) {
    an_order();
    test::VirtualPiv card = blank();
    test::VirtualTransport wire(card);
    const auto made = make_on(db(), wire);
    ASSERT_TRUE(made) << made.error().code << ": " << made.error().detail;
    EXPECT_EQ(made->state, cards::CardState::Complete);

    for (const unsigned slot : {0x9CU, 0x9DU}) {
        const auto certificate = crypto::Certificate::parse(card.certificate(slot)).value();
        EXPECT_EQ(certificate.public_key(), card.public_key(slot));
        EXPECT_THAT(certificate.subject(), HasSubstr("華岳茶業有限公司"));
    }
    EXPECT_NE(card.certificate(0x9C), card.certificate(0x9D));
    EXPECT_THAT(card.pin(), SizeIs(8));
    EXPECT_NE(card.pin().substr(0, 6), "123456");
    EXPECT_NE(card.puk(), "12345678");
    EXPECT_EQ(card.pin_tries_left(), 3);
    EXPECT_EQ(card.puk_tries_left(), 3);

    const auto token = tokens().front();
    EXPECT_EQ(token.state, subscribers::TokenState::Personalised);
    EXPECT_EQ(token.card_number, made->number);
    const std::string paper = printed();
    EXPECT_THAT(paper, HasSubstr(card.pin()));
    EXPECT_THAT(paper, HasSubstr(made->number));
    EXPECT_THAT(paper, Not(HasSubstr(card.puk())));
    EXPECT_EQ(card_face(office_on(db()), made->number).value().name, "華岳茶業有限公司");
    EXPECT_EQ(stock().blank(), 9);
    EXPECT_EQ(stock().complete, 1);

    wire.insert(card);
    EXPECT_EQ(make(wire), "card.already_complete");
    test::VirtualPiv another = blank();
    wire.insert(another);
    EXPECT_EQ(make(wire), "card.none_ordered");
}

// Both manners of applet that were measured (SP 800-73-4 leaves them open).
TEST_P(Personalisation, WorksWithAppletsThatDiffer) {
    an_order();
    for (const auto& manner : {test::PivManner::first(), test::PivManner::second()}) {
        test::VirtualPiv card = blank(manner);
        test::VirtualTransport wire(card);
        const auto made = make_on(db(), wire);
        ASSERT_TRUE(made) << made.error().code << ": " << made.error().detail << made.error().where;
        ASSERT_TRUE(spoil_card(db(), made->number, "trial", "officer:dee"));
        run_jobs();
    }
    EXPECT_EQ(stock().spoiled, 2);
    EXPECT_EQ(living_certificates(), 0);
}

// M 6.1.1, M 6.1.3: a card pulled out at any APDU, before or after it did what it was told, is put
// in again: it comes to one complete card and one living pair, and nothing is lost.
TEST_P(Personalisation, ACardPulledAtAnyMomentIsFinished) {
    an_order();
    std::uint64_t last = 200;
    for (std::uint64_t at = 1; at <= last; ++at) {
        const auto kind = at % 2 == 0 ? test::CardFault::Kind::RemovedBefore
                                      : test::CardFault::Kind::RemovedAfter;
        test::VirtualPiv card = blank();
        card.add_fault({.at = at, .kind = kind});
        test::VirtualTransport wire(card);
        std::string state = make(wire);
        if (state != "complete") {
            EXPECT_EQ(state, "card.removed") << at;
            wire.insert(card);
            state = make(wire);
        } else {
            last = at;  // beyond the last APDU
        }
        ASSERT_EQ(state, "complete") << at;
        EXPECT_EQ(living_certificates(), 2) << at;
        EXPECT_EQ(card.pin_tries_left(), 3) << at;
        const auto token = tokens().front();
        EXPECT_EQ(token.state, subscribers::TokenState::Personalised) << at;
        EXPECT_EQ(stock().in_work, 0) << at;
        ASSERT_TRUE(spoil_card(db(), token.card_number, "trial", "officer:dee"));
        run_jobs();
        receive_cards(1);
    }
    EXPECT_GT(last, 30U);
    EXPECT_LT(last, 200U);
    EXPECT_EQ(living_certificates(), 0);
    EXPECT_EQ(stock().spoiled, std::int64_t(last));
    const auto slips = in_tx([](store::Tx& tx) { return slips::count_slips(tx); });
    EXPECT_EQ(slips.difference(), 0);
    EXPECT_EQ(slips.voided, std::int64_t(last));
}

// A card that never comes back: its certificates are revoked before another card is begun.
TEST_P(Personalisation, ASpoiledCardLeavesNoSecondPair) {
    an_order();
    test::VirtualPiv lost = blank();
    test::VirtualTransport wire(lost);
    lost.add_fault({.at = 40, .kind = test::CardFault::Kind::RemovedAfter});
    EXPECT_EQ(make(wire), "card.removed");
    test::VirtualPiv other = blank();
    wire.insert(other);
    EXPECT_EQ(make(wire), "card.none_ordered") << "the token has its card, which is in work";
    const auto in_work =
        in_tx([](store::Tx& tx) { return cards::list_cards(tx, cards::CardState::InWork, 0, 10); });
    ASSERT_THAT(in_work, SizeIs(1));
    ASSERT_TRUE(spoil_card(db(), in_work.front().number, "chip dead", "officer:dee"));
    if (living_certificates() > 0) {
        EXPECT_EQ(make(wire), "card.none_ordered") << "until the CA has confirmed";
    }
    run_jobs();
    EXPECT_EQ(living_certificates(), 0);
    EXPECT_EQ(make(wire), "complete");
    EXPECT_EQ(living_certificates(), 2);
    wire.insert(lost);
    EXPECT_EQ(make(wire), "card.is_spoiled");
    EXPECT_EQ(stock().blank(), 8);
}

// What answers nonsense is spoiled at once, without anybody's doing.
TEST_P(Personalisation, ABrokenCardIsSpoiledByItself) {
    an_order();
    test::VirtualPiv broken = blank();
    test::VirtualTransport wire(broken);
    broken.add_fault({.at = 12, .kind = test::CardFault::Kind::StatusInstead, .status = 0x6F00});
    EXPECT_EQ(make(wire), "card.bad_answer");
    EXPECT_EQ(stock().spoiled, 1);
    EXPECT_EQ(stock().in_work, 0);
    run_jobs();
    test::VirtualPiv good = blank();
    wire.insert(good);
    EXPECT_EQ(make(wire), "complete");
}

TEST_P(Personalisation, RefusesCardsItMustNotTake) {
    an_order();
    test::VirtualPiv foreign = blank();
    foreign.set_object(0x5FC10A, std::string("\x70\x03"
                                             "abc"
                                             "\x71\x01\x00\xFE\x00",
                                             10));
    test::VirtualTransport wire(foreign);
    EXPECT_EQ(make(wire), "card.not_blank");
    test::PivManner generous;
    generous.pin_tries = 5;
    test::VirtualPiv many = blank(generous);
    wire.insert(many);
    EXPECT_EQ(make(wire), "card.too_many_tries");
    test::VirtualPiv other_key = blank();
    other_key.set_management_key(0x03, std::string(24, '\x11'));
    wire.insert(other_key);
    EXPECT_EQ(make(wire), "card.wrong_management_key");
    EXPECT_EQ(stock().in_work, 1) << "reserved; the next blank card is for it";
    test::VirtualPiv good = blank();
    wire.insert(good);
    EXPECT_EQ(make(wire), "complete");
    EXPECT_EQ(stock().blank(), 9);
}

TEST_P(Personalisation, TheBooksMustHaveABlankCard) {  // M 2.1.3
    an_order();
    ASSERT_TRUE(enter_card_stock(db(), {cards::StockMove::Discarded, 10, "officer:dee", "wet"}));
    test::VirtualPiv card = blank();
    test::VirtualTransport wire(card);
    EXPECT_EQ(make(wire), "card.stock_empty");
    receive_cards(1);
    EXPECT_EQ(make(wire), "complete");
    ASSERT_TRUE(enter_card_stock(db(), {cards::StockMove::Counted, 1, "officer:dee", ""}));
    EXPECT_EQ(stock().counted_difference, 1);
    EXPECT_EQ(
        enter_card_stock(db(), {cards::StockMove::Discarded, 1, "officer:dee", "x"}).error().code,
        "card.stock_short");
}

// A batch with faults at 2 % of the commands: every token gets its card, and the ledgers close.
TEST_P(Personalisation, ManyCardsUnattended) {
    std::int64_t company = 10'000'000;
    for (int i = 0; i < many(); ++i) {
        const std::string record = "A-" + std::to_string(i);
        do {
            ++company;
        } while (!intake::is_ubn(std::to_string(company)));
        auto form = application(record, "正卡");
        form["payment_number"] = "PAY-" + record;
        form["id_number"] = std::to_string(company);
        approved("application", form);
    }
    run_jobs();
    receive_cards(many() * 3);
    const int unharmed = many() / 5;
    measure(
        "unharmed", [&](std::uint64_t) { return stock().complete < unharmed; }, 0);
    measure(
        "with faults",
        [&](std::uint64_t fed) {
            return stock().complete < many() && fed < std::uint64_t(many()) * 3;
        },
        0.02);

    EXPECT_EQ(living_certificates(), 2 * many());
    const auto cards = stock();
    EXPECT_EQ(cards.in_work, 0);
    EXPECT_EQ(cards.received, cards.blank() + cards.complete + cards.spoiled);
    EXPECT_EQ(cards.complete, many());
    EXPECT_GT(cards.spoiled, 0) << "no fault happened: the test shows nothing";
    EXPECT_TRUE(connection()
                    .query("SELECT id FROM subscriber_token WHERE state <> 'personalised'", {})
                    .empty());
    const auto slips = in_tx([](store::Tx& tx) { return slips::count_slips(tx); });
    EXPECT_EQ(slips.difference(), 0);
    EXPECT_EQ(slips.open, many());
}

// Whatever write fails, the same card put in again is finished, once.
TEST_P(Personalisation, OneCardWhateverWriteFails) {
    an_order();
    test::VirtualPiv card = blank();
    test::VirtualTransport wire(card);
    bool complete = false;
    int write = 0;
    for (; !complete; ++write) {
        ASSERT_LT(write, 200);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        wire.insert(card);
        try {
            const auto made = make_on(broken, wire);
            ASSERT_TRUE(made) << write << " " << made.error().code;
            complete = true;
        } catch (const Failure&) {
            EXPECT_LE(living_certificates(), 2);
        }
    }
    EXPECT_GT(write, 8);
    EXPECT_EQ(living_certificates(), 2);
    EXPECT_EQ(stock().complete, 1);
    EXPECT_EQ(rows_in("slip"), 1);
    EXPECT_THAT(printed(), HasSubstr(card.pin()));
}

SEALDESK_ON_EVERY_BACKEND(Personalisation);

}  // namespace
}  // namespace sealdesk::effects
