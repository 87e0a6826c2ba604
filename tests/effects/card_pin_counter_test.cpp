// A new PIN at the counter, where the scheme has user codes instead of website accounts (M 6.2.8).
#include "effects/entity_desk.h"
#include "effects/pin_card.h"

namespace sealdesk::effects {
namespace {

class CounterPin : public PinCard<EntityDesk> {
protected:
    void SetUp() override {
        EntityDesk::SetUp();
        approved("application", application("A-1", "正卡"));
        run();
        personalise(tokens().front());
    }
    std::string unblock_as(const std::string& login, const std::string& pin) {
        return visit(db(), [&](const PinDesk& desk, cards::Card& card) {
            return renew_pin_at_counter(desk, card, login, {PinWork::Unblock, Secret(pin)});
        });
    }
};

TEST_P(CounterPin, ABlockedCardIsUnblockedByThePersonWhoIdentifiedItsHolder) {  // M 6.2.8, M 6.4.2
    EXPECT_EQ(unblock_as("ann", kNewPin), "card.not_locked");
    lock_card();
    EXPECT_EQ(unblock_as("ann", "24608131"), "card.weak_pin");  // the entity's number
    EXPECT_EQ(unblock_as("ann", kNewPin), "ok");
    EXPECT_EQ(piv_.pin(), kNewPin);
    EXPECT_EQ(compare(), "agree");
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM audit_event WHERE actor = 'officer:ann' AND kind IN "
                         "('puk.opened', 'card.pin_unblocked', 'puk.renewed')",
                         {})
                  .front()
                  .number(0),
              3);
    EXPECT_EQ(change(kNewPin, "592038"), "ok");  // M 6.4.1
}

SEALDESK_ON_EVERY_BACKEND(CounterPin);

}  // namespace
}  // namespace sealdesk::effects
