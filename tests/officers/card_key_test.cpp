// An officer's card (M 1.3.2): what it costs to sign with it, when its PIN is asked for, and what
// happens when it is taken out.
#include "officers/card_key.h"

#include <gtest/gtest.h>

#include "cards/piv_card.h"
#include "crypto/cms.h"
#include "support/virtual_reader.h"

namespace sealdesk::officers {
namespace {

using namespace std::chrono_literals;

const Instant kNine{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 9h};
constexpr unsigned kSignatureSlot = 0x9C;

template <class T>
std::string said(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

class OfficersCard : public ::testing::Test {
protected:
    OfficersCard() {
        crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        certificate_ = crypto::make_self_signed(
            key, {"officer", crypto::SelfSignedUse::Signing, kNine - 1h, kNine + 24h}, random_);
        chip_.set_key(kSignatureSlot, std::move(key));
        cards::PivCard writer(wire_, random_);
        EXPECT_TRUE(writer.select());
        EXPECT_TRUE(writer.authenticate(
            {cards::ManagementKey::Kind::TripleDes,
             Secret("\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03"
                    "\x04\x05\x06\x07\x08")}));
        EXPECT_TRUE(writer.write_certificate(cards::KeySlot::Signature, certificate_->der()));
        chip_.power_off();
        EXPECT_TRUE(card_.select());
    }

    CardPin typed(std::chrono::minutes remembered = 30min) {
        return {[this](int left) -> Result<Secret> {
                    ++asked_;
                    left_told_ = left;
                    return Secret(typed_);
                },
                remembered};
    }
    CardKey opened(std::chrono::minutes remembered = 30min) {
        auto key = CardKey::open(card_, clock_, typed(remembered));
        EXPECT_EQ(said(key), "ok");
        return *std::move(key);
    }

    ManualClock clock_{kNine};
    SystemRandom random_;
    test::VirtualPiv chip_;
    test::VirtualTransport wire_{chip_};
    cards::PivCard card_{wire_, random_};
    std::optional<crypto::Certificate> certificate_;
    std::string typed_ = "123456";
    int asked_ = 0;
    int left_told_ = -1;
};

TEST_F(OfficersCard, SignsWhatVerifiesWithItsCertificateInTheFewestCommands) {
    CardKey key = opened();
    EXPECT_TRUE(key.certificate() == *certificate_);
    EXPECT_EQ(asked_, 0);
    for (int i = 1; i <= 3; ++i) {
        const auto before = chip_.apdus();
        const auto signature = key.sign("decision " + std::to_string(i), clock_.now());
        ASSERT_EQ(said(signature), "ok");
        // VERIFY; GENERAL AUTHENTICATE in two chained parts; GET RESPONSE: none could be left out.
        EXPECT_EQ(chip_.apdus() - before, 4U);
        EXPECT_EQ(said(crypto::verify_detached(*signature, "decision " + std::to_string(i),
                                               {&*certificate_, 1})),
                  "ok");
    }
    EXPECT_EQ(asked_, 1);
    EXPECT_EQ(left_told_, 3);
}

TEST_F(OfficersCard, ItsPinIsForgottenWhenItsTimeIsOver) {
    CardKey key = opened(10min);
    EXPECT_FALSE(key.remembered_until());
    ASSERT_EQ(said(key.sign("a", clock_.now())), "ok");
    EXPECT_EQ(key.remembered_until(), kNine + 10min);
    clock_.advance(9min);
    ASSERT_EQ(said(key.sign("b", clock_.now())), "ok");
    EXPECT_EQ(asked_, 1);
    EXPECT_EQ(key.remembered_until(), kNine + 10min);  // signing does not lengthen it
    clock_.advance(1min);
    ASSERT_EQ(said(key.sign("c", clock_.now())), "ok");
    EXPECT_EQ(asked_, 2);
}

// M 1.3.2
TEST_F(OfficersCard, AWrongPinIsNeverSentTwice) {
    CardKey key = opened();
    typed_ = "999999";
    const auto wrong = key.sign("a", clock_.now());
    ASSERT_EQ(said(wrong), "card.wrong_pin");
    EXPECT_EQ(wrong.error().where, "2");
    const auto sent = chip_.apdus();
    for (int i = 0; i < 5; ++i) {  // as from a password file, for each of several requests
        const auto again = key.sign("a", clock_.now());
        EXPECT_EQ(said(again), "card.pin_refused_before");
        EXPECT_EQ(again.error().where, "2");
    }
    EXPECT_EQ(chip_.apdus(), sent);
    EXPECT_EQ(chip_.pin_tries_left(), 2);
    typed_ = "12345";  // not of a PIN's form: no try is lost
    EXPECT_EQ(said(key.sign("a", clock_.now())), "card.bad_pin_form");
    EXPECT_EQ(chip_.pin_tries_left(), 2);
    typed_ = "123456";
    EXPECT_EQ(said(key.sign("a", clock_.now())), "ok");
    EXPECT_EQ(left_told_, 2);
    EXPECT_EQ(chip_.pin_tries_left(), 3);
}

TEST_F(OfficersCard, ALockedPinIsNotAskedFor) {
    CardKey key = opened();
    for (const char* wrong : {"000001", "000002"}) {
        typed_ = wrong;
        EXPECT_EQ(said(key.sign("a", clock_.now())), "card.wrong_pin");
    }
    typed_ = "000003";
    EXPECT_EQ(said(key.sign("a", clock_.now())), "card.pin_locked");
    asked_ = 0;
    EXPECT_EQ(said(CardKey::open(card_, clock_, typed())), "card.pin_locked");
    EXPECT_EQ(asked_, 0);
}

TEST_F(OfficersCard, TakenOutAtAnyCommandItSignsNothingAndTheSameMayBeRepeated) {
    using enum test::CardFault::Kind;
    for (const auto kind : {RemovedBefore, RemovedAfter}) {
        for (std::uint64_t command = 1; command <= 4; ++command) {
            asked_ = 0;
            wire_.insert();
            ASSERT_EQ(said(card_.select()), "ok");
            CardKey key = opened();
            chip_.add_fault({chip_.apdus() + command, kind});
            const auto signature = key.sign("decision", clock_.now());
            ASSERT_FALSE(signature) << command;
            EXPECT_EQ(signature.error().kind, ErrorKind::Unavailable) << command;
            EXPECT_FALSE(key.remembered_until());
            EXPECT_EQ(said(key.sign("another", clock_.now())), signature.error().code);
            EXPECT_EQ(asked_, 1);

            wire_.insert();
            ASSERT_EQ(said(card_.select()), "ok");
            CardKey anew = opened();
            EXPECT_EQ(said(anew.sign("decision", clock_.now())), "ok");
            EXPECT_EQ(asked_, 2);
            EXPECT_EQ(chip_.pin_tries_left(), 3);
        }
    }
}

TEST_F(OfficersCard, WhatIsNotTheCertificatesKeySignsNothing) {
    chip_.set_key(kSignatureSlot, crypto::KeyPair::generate_rsa(2048));
    CardKey key = opened();
    EXPECT_EQ(said(key.sign("a", clock_.now())), "key.wrong_signature");
    chip_.set_object(0x5FC10A, "");
    EXPECT_EQ(said(CardKey::open(card_, clock_, typed())), "card.no_certificate");
}

TEST_F(OfficersCard, NobodyIsAskedForAPinInVain) {
    CardKey key = opened();
    EXPECT_EQ(said(key.sign("a", kNine + 48h)), "cms.certificate_not_valid");
    EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace sealdesk::officers
