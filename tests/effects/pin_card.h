#pragma once

#include <array>
#include <memory>
#include <string>

#include "cards/card_record.h"
#include "cards/piv_card.h"
#include "crypto/cms.h"
#include "effects/card_pin.h"
#include "requests/office_desk.h"
#include "subscribers/certificate.h"
#include "subscribers/puk_vault.h"
#include "subscribers/token.h"
#include "support/virtual_reader.h"

namespace sealdesk::effects {

inline constexpr const char* kIdentity = "00112233445566778899aabbccddeeff";
inline constexpr const char* kFirstPin = "481920";
inline constexpr const char* kNewPin = "730264";

/// Remembers how few tries the card ever had left.
class WatchedWire final : public cards::Transport {
public:
    explicit WatchedWire(test::VirtualPiv& card) : card_(card), wire_(card) {}

    [[nodiscard]] Result<Secret> transmit(const Secret& command) override {
        auto answer = wire_.transmit(command);
        fewest_ = std::min(fewest_, card_.puk_tries_left());
        return answer;
    }
    [[nodiscard]] const std::string& reader() const override { return wire_.reader(); }
    void insert() { wire_.insert(); }
    [[nodiscard]] int fewest_puk_tries() const { return fewest_; }

private:
    test::VirtualPiv& card_;
    test::VirtualTransport wire_;
    int fewest_ = 3;
};

/// An office with an unblock service (its key is the print room's of the tests) and a PIV card in a
/// reader, with a PIN, and a PUK that only the vault knows.
template <class Office>
class PinCard : public Office {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(this->db(), "test.pin", work);
    }

    /// As the station leaves it.
    void personalise(const subscribers::Token& token) {
        ASSERT_TRUE(in_tx([&](store::Tx& tx) {
            auto record = cards::reserve_card(tx, token.id, kIdentity, "test");
            record.state = cards::CardState::Complete;
            record.step = cards::CardStep::Complete;
            const Outcome saved = cards::save_card(tx, record);
            return saved ? subscribers::card_made(tx, token, record.number) : saved;
        }));
        cards::PivCard card(wire_, this->random());
        ASSERT_TRUE(card.select());
        cards::ManagementKey key{cards::ManagementKey::Kind::TripleDes,
                                 Secret(piv_.management_key())};
        ASSERT_TRUE(card.authenticate(key));
        ASSERT_TRUE(card.write_identity(kIdentity, this->clock().now() + std::chrono::days(365)));
        ASSERT_EQ(put_first(), "ok");
        piv_.set_pin(kFirstPin);
    }

    std::string put_first() {
        cards::PivCard card(wire_, this->random());
        wire_.insert();
        EXPECT_TRUE(card.select());
        const Outcome put = vault().put_first(card, kIdentity, Secret("12345678"), "test");
        return put ? "ok" : put.error().code;
    }

    PukVault vault() { return vault_on(this->db()); }
    PukVault vault_on(store::Database& database) { return {database, this->print_room()}; }

    /// What a visit comes to. The card is put in for it.
    template <class Renew>
    std::string visit(store::Database& database, const Renew& renew) {
        wire_.insert();
        cards::PivCard card(wire_, this->random());
        const requests::Office office = this->office_on(database);
        const PukVault kept = vault_on(database);
        const PinDesk desk{office, kept, this->print_room(), this->print_room_secret()};
        const Result<std::string> identity = renew(desk, card);
        if (!identity) {
            return identity.error().code;
        }
        EXPECT_EQ(*identity, kIdentity);
        return "ok";
    }

    std::string change(const std::string& old, const std::string& fresh) {
        wire_.insert();
        cards::PivCard card(wire_, this->random());
        const auto office = this->office_on(this->db());
        const auto changed = change_pin(office, card, {}, {Secret(old), Secret(fresh)});
        if (changed) {
            return "ok";
        }
        const Error& error = changed.error();
        return error.code + (error.code == "card.wrong_pin" ? " " + error.where : "");
    }

    void lock_card() {
        for (int i = 0; piv_.pin_tries_left() > 0; ++i) {
            EXPECT_NE(change("999990", kNewPin), "ok");
            ASSERT_LT(i, 5);
        }
    }

    /// "agree", or in what vault and card do not.
    std::string compare() {
        const auto kept =
            in_tx([](store::Tx& tx) { return subscribers::find_puk(tx, kIdentity).value(); });
        if (kept.in_doubt() || kept.opened_at) {
            return "a change is unfinished";
        }
        const auto opened =
            crypto::decrypt(*kept.current, this->print_room_secret(), this->print_room());
        return opened && opened->reveal() == piv_.puk() ? "agree" : "another PUK";
    }

    std::int64_t events(const std::string& kind) {
        return this->connection()
            .query("SELECT COUNT(*) FROM audit_event WHERE kind = '" + kind + "'", {})
            .front()
            .number(0);
    }

    test::VirtualPiv piv_;
    WatchedWire wire_{piv_};
};

}  // namespace sealdesk::effects
