// The virtual card in its readers: in this process, and behind a real pcscd with clients that are
// not ours.
#include "support/virtual_reader.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/key.h"
#include "support/card_keys.h"
#include "support/virtual_piv.h"

namespace {

using sealdesk::ErrorKind;
using sealdesk::from_hex;
using sealdesk::Secret;
using sealdesk::to_hex;
using sealdesk::crypto::PublicKey;
using sealdesk::test::CardFault;
using sealdesk::test::QuickKeys;
using sealdesk::test::VirtualPiv;
using sealdesk::test::VirtualTransport;

TEST(VirtualPivTransport, SaysRemovedUntilTheCardIsPutInAgain) {
    VirtualPiv card;
    VirtualTransport reader(card, "Counter 1");
    const Secret choose(from_hex("00a404000ba00000030800001000010000"));
    const Secret state(from_hex("00200080"));
    ASSERT_TRUE(reader.transmit(choose));
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "63c3");
    card.add_fault({.at = 3, .kind = CardFault::Kind::RemovedAfter});
    for (int i = 0; i < 2; ++i) {
        const auto gone = reader.transmit(state);
        ASSERT_FALSE(gone);
        EXPECT_EQ(gone.error().code, "card.removed");
        EXPECT_EQ(gone.error().kind, ErrorKind::Unavailable);
        EXPECT_EQ(gone.error().where, "Counter 1");
    }
    EXPECT_FALSE(reader.has_card());
    EXPECT_EQ(card.apdus(), 3U);  // nothing reached it
    reader.insert();
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "6d00");
    ASSERT_TRUE(reader.transmit(choose));
    VirtualPiv other({.pin_tries = 5});
    reader.insert(other);
    ASSERT_TRUE(reader.transmit(choose));
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "63c5");
    reader.remove();
    EXPECT_EQ(reader.transmit(state).error().code, "card.removed");
}

TEST(VirtualPivKeys, QuickKeysDifferAndWork) {
    QuickKeys keys(10);
    std::set<std::string> seen;
    for (int i = 0; i < 10; ++i) {
        const auto key = keys.next();
        EXPECT_EQ(key.bits(), 2048);
        EXPECT_TRUE(PublicKey::from_der(key.public_key())->verifies("text", key.sign("text")));
        EXPECT_TRUE(seen.insert(key.public_key()).second);
    }
}

}  // namespace
