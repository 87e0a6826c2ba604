// The virtual card keeps to NIST SP 800-73-4: what other tests find out with it is worth as much.
#include "support/virtual_piv.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "crypto/key.h"
#include "support/card_ber.h"
#include "support/card_keys.h"

namespace {

using sealdesk::from_hex;
using sealdesk::sha256;
using sealdesk::to_hex;
using sealdesk::crypto::PublicKey;
using sealdesk::test::ber;
using sealdesk::test::CardFault;
using sealdesk::test::cipher_block;
using sealdesk::test::find_ber;
using sealdesk::test::PivManner;
using sealdesk::test::QuickKeys;
using sealdesk::test::VirtualPiv;

const std::string kFactoryKey = from_hex("010203040506070801020304050607080102030405060708");

/// One APDU in hexadecimal digits; the answer likewise.
std::string ask(VirtualPiv& card, const std::string& hex) {
    return to_hex(card.apdu(from_hex(hex)));
}

std::string select(VirtualPiv& card) { return ask(card, "00a404000ba00000030800001000010000"); }

std::string pin_hex(std::string text) {
    text.resize(8, '\xFF');
    return to_hex(text);
}

std::string verify(VirtualPiv& card, const std::string& pin) {
    return ask(card, "0020008008" + pin_hex(pin));
}

std::string change(VirtualPiv& card, const std::string& reference, const std::string& old,
                   const std::string& fresh) {
    return ask(card, "002400" + reference + "10" + pin_hex(old) + pin_hex(fresh));
}

/// A long command in parts; the answer to the last one, and what GET RESPONSE adds.
std::string send(VirtualPiv& card, const std::string& header, std::string data) {
    std::string answer;
    while (data.size() > 255) {
        answer = card.apdu(from_hex("10" + header + "ff") + data.substr(0, 255));
        EXPECT_EQ(to_hex(answer), "9000");
        data.erase(0, 255);
    }
    answer = card.apdu(from_hex("00" + header) + static_cast<char>(data.size()) + data +
                       std::string(1, '\0'));
    while (answer.size() >= 2 && answer[answer.size() - 2] == '\x61') {
        const std::string more = card.apdu(from_hex("00c00000") + answer.back());
        answer.resize(answer.size() - 2);
        answer += more;
    }
    return answer;
}

/// Shows key 9B the external way: the card's challenge, encrypted.
std::string authenticate(VirtualPiv& card, unsigned algorithm, const std::string& key) {
    const std::string header = "0087" + to_hex(std::string(1, static_cast<char>(algorithm))) + "9b";
    const std::string asked = card.apdu(from_hex(header + "047c02810000"));
    const auto outer = find_ber(asked, 0x7C);
    const auto challenge = outer ? find_ber(*outer, 0x81) : std::nullopt;
    if (!challenge) {
        return to_hex(asked);
    }
    const std::string proof = ber(0x7C, ber(0x82, cipher_block(algorithm, key, *challenge, true)));
    return to_hex(card.apdu(from_hex(header) + static_cast<char>(proof.size()) + proof));
}

std::string generate(VirtualPiv& card, const std::string& slot) {
    return send(card, "4700" + slot, from_hex("ac03800107"));
}

/// PKCS#1 v1.5 with SHA-256 in 256 bytes (RFC 8017 §9.2).
std::string signature_block(const std::string& text) {
    const std::string info = from_hex("3031300d060960864801650304020105000420") + sha256(text);
    return from_hex("0001") + std::string(253 - info.size(), '\xFF') + from_hex("00") + info;
}

std::string sign(VirtualPiv& card, const std::string& slot, const std::string& text) {
    return send(card, "8707" + slot, ber(0x7C, ber(0x82, {}) + ber(0x81, signature_block(text))));
}

TEST(VirtualPivCard, SaysNothingBeforeItIsSelectedAndKeepsItsAppletWhenAnotherIsAskedFor) {
    VirtualPiv card;
    EXPECT_EQ(ask(card, "00cb3fff035c017e00"), "6d00");
    const std::string told = select(card);
    EXPECT_EQ(told, "61114f0600001000010079074f05a0000003089000");
    EXPECT_EQ(ask(card, "00a4040009a0000003080000100000"), told);  // without version, as OpenSC
    EXPECT_EQ(ask(card, "00a4040005a00000030800"), told);          // the provider only, as libykpiv
    EXPECT_EQ(ask(card, "00a4040007d276000124010100"), "6a82");
    EXPECT_EQ(ask(card, "00cb3fff035c017e00"), "7e124f0ba0000003080000100001005f2f0240009000");
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10c00"), "5308c10100c20100fe009000");  // key history
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10a00"), "6a82");
    EXPECT_EQ(ask(card, "00f8000000"), "6d00");
    EXPECT_EQ(ask(card, "80cb3fff035c017e00"), "6e00");
    EXPECT_EQ(ask(card, "00cb3fff055c03"), "6700");
    EXPECT_EQ(ask(card, "00"), "6700");
    card.power_off();
    EXPECT_EQ(ask(card, "00cb3fff035c017e00"), "6d00");
}

TEST(VirtualPivCard, CountsWrongPinsBeyondPowerOff) {
    VirtualPiv card(PivManner::first());
    select(card);
    EXPECT_EQ(ask(card, "00200080"), "63c3");
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(ask(card, "0020008000"), "9000");  // as libykpiv asks
    EXPECT_EQ(verify(card, "654321"), "63c2");
    EXPECT_EQ(ask(card, "00200080"), "63c2");  // what was verified is not any more
    EXPECT_EQ(verify(card, "12345"), "6a80");  // no PIN at all: costs nothing
    EXPECT_EQ(verify(card, "123456a"), "6a80");
    EXPECT_EQ(ask(card,
                  "00200080073132333435"
                  "36ff"),
              "6a80");
    card.power_off();
    EXPECT_EQ(card.pin_tries_left(), 2);
    select(card);
    EXPECT_EQ(verify(card, "654321"), "63c1");
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(card.pin_tries_left(), 3);
    card.power_off();
    select(card);
    EXPECT_EQ(ask(card, "00200080"), "63c3");  // verified ends with power
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(ask(card, "0020ff80"), "9000");
    EXPECT_EQ(ask(card, "00200080"), "63c3");
    EXPECT_EQ(ask(card, "00200000"), "6a88");
    EXPECT_EQ(ask(card, "00200180"), "6a86");
}

TEST(VirtualPivCard, LocksAtTheThirdWrongPinInEitherManner) {
    for (const bool says_63c0 : {true, false}) {
        VirtualPiv card(says_63c0 ? PivManner::first() : PivManner::second());
        select(card);
        EXPECT_EQ(verify(card, "000000"), "63c2");
        EXPECT_EQ(verify(card, "000000"), "63c1");
        EXPECT_EQ(verify(card, "000000"), says_63c0 ? "63c0" : "6983");
        EXPECT_EQ(verify(card, "123456"), "6983");
        EXPECT_EQ(ask(card, "00200080"), "6983");
        EXPECT_EQ(change(card, "80", "123456", "222222"), "6983");
        EXPECT_EQ(card.pin(), "123456");
    }
}

TEST(VirtualPivCard, ChangesPinAndPukWithTheOldOneAndUnblocksWithThePuk) {
    VirtualPiv card;
    select(card);
    EXPECT_EQ(change(card, "80", "000000", "222222"), "63c2");
    EXPECT_EQ(change(card, "80", "123456", "22"), "6a80");  // right old, bad new
    EXPECT_EQ(ask(card, "00200080"), "9000");               // and verified nevertheless
    EXPECT_EQ(card.pin(), "123456");
    EXPECT_EQ(change(card, "80", "123456", "222222"), "9000");
    EXPECT_EQ(card.pin(), "222222");
    EXPECT_EQ(change(card, "81", "00000000", "87654321"), "63c2");
    EXPECT_EQ(change(card, "81", "12345678", "87654321"), "9000");
    EXPECT_EQ(card.puk(), "87654321");
    for (int i = 0; i < 3; ++i) {
        EXPECT_NE(verify(card, "000000"), "9000");
    }
    const auto unblock = [&](const std::string& puk, const std::string& pin) {
        return ask(card, "002c008010" + pin_hex(puk) + pin_hex(pin));
    };
    EXPECT_EQ(unblock("11111111", "333333"), "63c2");
    EXPECT_EQ(unblock("87654321", "3333"), "6a80");
    EXPECT_EQ(card.pin_tries_left(), 0);
    EXPECT_EQ(unblock("87654321", "333333"), "9000");
    EXPECT_EQ(ask(card, "00200080"), "63c3");  // not verified
    EXPECT_EQ(verify(card, "333333"), "9000");
    EXPECT_EQ(unblock("11111111", "444444"), "63c2");
    EXPECT_EQ(unblock("11111111", "444444"), "63c1");
    EXPECT_EQ(unblock("11111111", "444444"), "6983");
    card.power_off();
    select(card);
    EXPECT_EQ(unblock("87654321", "444444"), "6983");
    EXPECT_EQ(card.puk_tries_left(), 0);
}

TEST(VirtualPivCard, LettersInThePinAreAMatterOfManner) {
    VirtualPiv strict(PivManner::first());
    select(strict);
    EXPECT_EQ(change(strict, "80", "123456", "abc123"), "6a80");
    VirtualPiv lenient(PivManner::second());
    select(lenient);
    EXPECT_EQ(change(lenient, "80", "123456", "abc123"), "9000");
    EXPECT_EQ(lenient.pin(), "abc123");
}

TEST(VirtualPivCard, TheManagementKeyOpensItExternallyWithEveryCipher) {
    const std::map<unsigned, std::string> keys{{0x03, kFactoryKey},
                                               {0x08, std::string(16, 'a')},
                                               {0x0A, std::string(24, 'b')},
                                               {0x0C, std::string(32, 'c')}};
    for (const auto& [algorithm, key] : keys) {
        VirtualPiv card;
        card.set_management_key(algorithm, key);
        select(card);
        EXPECT_EQ(ask(card, "00db3fff085c035fc10a53010100"), "6982") << algorithm;
        EXPECT_EQ(authenticate(card, algorithm, std::string(key.size(), 'x')), "6982");
        EXPECT_EQ(authenticate(card, algorithm, key), "9000");
        EXPECT_EQ(ask(card, "00db3fff085c035fc10a53010100"), "9000");
        EXPECT_EQ(card.object(0x5FC10A), std::string(1, '\x01'));
        EXPECT_EQ(authenticate(card, algorithm == 0x03 ? 0x08 : 0x03,
                               std::string(algorithm == 0x03 ? 16 : 24, 'x')),
                  "6a86");
        card.power_off();
        select(card);
        EXPECT_EQ(ask(card, "00db3fff085c035fc10a53010100"), "6982");
    }
}

TEST(VirtualPivCard, CardAndStationProveToEachOtherThatTheyKnowTheManagementKey) {
    for (const bool aes : {false, true}) {
        VirtualPiv card;
        const std::string key = aes ? std::string(32, 'k') : kFactoryKey;
        const unsigned algorithm = aes ? 0x0C : 0x03;
        const std::size_t size = aes ? 16 : 8;
        card.set_management_key(algorithm, key);
        select(card);
        const std::string header = aes ? "870c9b" : "87039b";
        const auto start = [&] {
            const std::string told = send(card, header, from_hex("7c028000"));
            return cipher_block(algorithm, key, find_ber(*find_ber(told, 0x7C), 0x80).value_or(""),
                                false);
        };
        const std::string challenge(size, 'q');
        const std::string witness = start();
        const std::string proved =
            send(card, header, ber(0x7C, ber(0x80, witness) + ber(0x81, challenge)));
        EXPECT_EQ(to_hex(proved),
                  to_hex(ber(0x7C, ber(0x82, cipher_block(algorithm, key, challenge, true))) +
                         from_hex("9000")));
        EXPECT_EQ(ask(card, "00db3fff085c035fc10a53010100"), "9000");
        // The same witness is good for once only.
        EXPECT_EQ(to_hex(send(card, header, ber(0x7C, ber(0x80, witness) + ber(0x81, challenge)))),
                  "6982");
        EXPECT_EQ(ask(card, "00db3fff085c035fc10a53010100"), "6982");
    }
}

TEST(VirtualPivCard, AWrongAnswerTakesAwayTheManagementRightsInOneMannerOnly) {
    VirtualPiv keeps(PivManner::first());
    select(keeps);
    EXPECT_EQ(authenticate(keeps, 0x03, kFactoryKey), "9000");
    EXPECT_EQ(authenticate(keeps, 0x03, std::string(24, 'x')), "6a80");
    EXPECT_EQ(ask(keeps, "00db3fff085c035fc10a53010100"), "9000");
    select(keeps);
    EXPECT_EQ(ask(keeps, "00db3fff085c035fc10a53010100"), "6982");
    VirtualPiv drops(PivManner::second());
    select(drops);
    EXPECT_EQ(authenticate(drops, 0x03, kFactoryKey), "9000");
    EXPECT_EQ(authenticate(drops, 0x03, std::string(24, 'x')), "6982");
    EXPECT_EQ(ask(drops, "00db3fff085c035fc10a53010100"), "6982");
}

TEST(VirtualPivCard, SignsWithTheKeyItMade) {
    VirtualPiv card;
    select(card);
    EXPECT_EQ(to_hex(generate(card, "9c")), "6982");
    EXPECT_EQ(authenticate(card, 0x03, kFactoryKey), "9000");
    EXPECT_EQ(ask(card, "0047009b05ac0380010700"), "6a86");
    EXPECT_EQ(ask(card, "0047009c05ac0380011100"), "6a80");
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(to_hex(sign(card, "9c", "text")), "6a86");  // no key yet
    const std::string told = generate(card, "9c");
    ASSERT_EQ(told.size(), 272U);
    const auto key = find_ber(told, 0x7F49);
    ASSERT_TRUE(key);
    EXPECT_NE(card.public_key(0x9C).find(std::string(*find_ber(*key, 0x81))), std::string::npos);
    EXPECT_EQ(verify(card, "123456"), "9000");
    const std::string signed_text = sign(card, "9c", "text");
    ASSERT_EQ(signed_text.size(), 266U);
    EXPECT_EQ(to_hex(signed_text.substr(264)), "9000");
    EXPECT_TRUE(PublicKey::from_der(card.public_key(0x9C))
                    ->verifies("text", *find_ber(*find_ber(signed_text, 0x7C), 0x82)));
    EXPECT_EQ(to_hex(sign(card, "9b", "text")), "6a86");  // no key of this kind there
}

TEST(VirtualPivCard, TheSignatureKeyWantsThePinBeforeEachUseTheOthersOnceOrNever) {
    QuickKeys keys(4);
    VirtualPiv card({}, [&] { return keys.next(); });
    select(card);
    ASSERT_EQ(authenticate(card, 0x03, kFactoryKey), "9000");
    for (const char* slot : {"9a", "9c", "9d", "9e"}) {
        EXPECT_EQ(generate(card, slot).size(), 272U);
    }
    const auto signs = [&](const char* slot) { return sign(card, slot, "text").size() == 266; };
    EXPECT_TRUE(signs("9e"));
    EXPECT_FALSE(signs("9a"));
    EXPECT_FALSE(signs("9c"));
    EXPECT_FALSE(signs("9d"));
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_TRUE(signs("9c"));
    EXPECT_FALSE(signs("9c"));
    EXPECT_TRUE(signs("9a"));
    EXPECT_TRUE(signs("9d"));
    EXPECT_TRUE(signs("9d"));
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10a00"), "6a82");  // not immediately before any more
    EXPECT_FALSE(signs("9c"));
    EXPECT_EQ(verify(card, "123456"), "9000");
    EXPECT_EQ(ask(card, "0020ff80"), "9000");
    EXPECT_FALSE(signs("9d"));
}

TEST(VirtualPivCard, ASignatureWithoutPinIsRefusedAtTheFirstOrTheLastPart) {
    for (const bool early : {true, false}) {
        VirtualPiv card(early ? PivManner::first() : PivManner::second());
        select(card);
        const std::string block = ber(0x7C, ber(0x82, {}) + ber(0x81, signature_block("text")));
        EXPECT_EQ(to_hex(card.apdu(from_hex("1087079cff") + block.substr(0, 255))),
                  early ? "6982" : "9000");
        EXPECT_EQ(to_hex(card.apdu(from_hex("0087079c0b") + block.substr(255))), "6982");
    }
}

TEST(VirtualPivCard, LongAnswersComeInPieces) {
    for (const bool small : {true, false}) {
        VirtualPiv card(small ? PivManner::first() : PivManner::second());
        const std::string content(600, 'c');
        card.set_object(0x5FC10A, content);
        select(card);
        std::string all = card.apdu(from_hex("00cb3fff055c035fc10a00"));
        ASSERT_EQ(all.size(), small ? 257U : 258U);
        EXPECT_EQ(to_hex(all.substr(all.size() - 2)), small ? "61ff" : "6100");
        all.resize(all.size() - 2);
        std::string more = card.apdu(from_hex("00c0000000"));
        EXPECT_EQ(to_hex(more.substr(more.size() - 2)), small ? "615e" : "615c");
        all += more.substr(0, more.size() - 2);
        more = card.apdu(from_hex("00c00000") + more.back());
        all += more;
        EXPECT_EQ(to_hex(all), to_hex(ber(0x53, content)) + "9000");
        EXPECT_EQ(ask(card, "00c0000000"), "6985");
        // OpenSC looks at the head first.
        EXPECT_EQ(ask(card, "00cb3fff055c035fc10a08").substr(0, 16), "5382025863636363");
        EXPECT_EQ(ask(card, "00200080"), "63c3");  // another command forgets the rest
        EXPECT_EQ(ask(card, "00c0000000"), "6985");
        // In extended length likewise, or not at all.
        const std::string extended = ask(card, "00cb3fff0000055c035fc10a0000");
        EXPECT_EQ(extended.substr(extended.size() - 4), small ? "61ff" : "6700");
    }
}

TEST(VirtualPivCard, MayAskForTheRightLength) {
    VirtualPiv card({.corrects_length = true});
    card.set_object(0x5FC10A, "abc");
    select(card);
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10a00"), "6c05");
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10a05"), "53036162639000");
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10a00"), "6c05");
    EXPECT_EQ(ask(card, "00cb3fff055c035fc10b05"), "6a82");
    EXPECT_EQ(authenticate(card, 0x03, kFactoryKey), "6c0c");
}

TEST(VirtualPivCard, AnotherCommandAmongThePartsEndsTheChain) {
    VirtualPiv card;
    select(card);
    ASSERT_EQ(authenticate(card, 0x03, kFactoryKey), "9000");
    const std::string content(700, 'p');
    EXPECT_EQ(to_hex(send(card, "db3fff", from_hex("5c035fc10a") + ber(0x53, content))), "9000");
    EXPECT_EQ(card.object(0x5FC10A), content);
    const std::string changed = from_hex("5c035fc10a") + ber(0x53, std::string(300, 'q'));
    EXPECT_EQ(to_hex(card.apdu(from_hex("10db3fffff") + changed.substr(0, 255))), "9000");
    EXPECT_EQ(ask(card, "00200080"), "63c3");
    const std::string last = changed.substr(255);
    EXPECT_EQ(to_hex(card.apdu(from_hex("00db3fff") + static_cast<char>(last.size()) + last)),
              "6a80");
    EXPECT_EQ(card.object(0x5FC10A), content);
}

TEST(VirtualPivCard, ObjectsAreEmptiedFullOrUnknown) {
    for (const bool absent : {true, false}) {
        VirtualPiv card(absent ? PivManner::first() : PivManner::second());
        EXPECT_EQ(card.object(0x5FC102).empty(), !absent);
        select(card);
        ASSERT_EQ(authenticate(card, 0x03, kFactoryKey), "9000");
        const std::string put = "00db3fff";
        EXPECT_EQ(ask(card, put + "085c035fc10a530141"), "9000");
        EXPECT_EQ(ask(card, put + "075c035fc10a5300"), "9000");
        EXPECT_EQ(ask(card, "00cb3fff055c035fc10a00"), absent ? "6a82" : "9000");
        EXPECT_EQ(ask(card, put + "085c035fc10a530241"), "6a80");  // inner length
        EXPECT_EQ(ask(card, put + "085c035fc17f530141"), "6a81");
        EXPECT_EQ(to_hex(send(card, "db3fff",
                              from_hex("5c035fc10a") + ber(0x53, std::string(3053, 'x')))),
                  "6a84");
        EXPECT_EQ(ask(card, put + "085c035fc109530141"), "9000");  // printed information
        EXPECT_EQ(ask(card, "00cb3fff055c035fc10900"), "6982");
        EXPECT_EQ(verify(card, "123456"), "9000");
        EXPECT_EQ(ask(card, "00cb3fff055c035fc10900"), "5301419000");
    }
}

TEST(VirtualPivCard, TheManagementKeyIsChangedWhereTheCardKnowsHow) {
    const std::string fresh = from_hex("00ffffff230c9b20") + std::string(32, 'n');
    VirtualPiv plain;
    select(plain);
    ASSERT_EQ(authenticate(plain, 0x03, kFactoryKey), "9000");
    EXPECT_EQ(to_hex(plain.apdu(fresh)), "6d00");
    VirtualPiv card({.sets_management_key = true});
    select(card);
    EXPECT_EQ(to_hex(card.apdu(fresh)), "6982");
    ASSERT_EQ(authenticate(card, 0x03, kFactoryKey), "9000");
    EXPECT_EQ(to_hex(card.apdu(fresh)), "9000");
    EXPECT_EQ(authenticate(card, 0x0C, std::string(32, 'n')), "9000");
    EXPECT_EQ(card.management_key(), std::string(32, 'n'));
}

// ---- What goes wrong

TEST(VirtualPivCard, FailsAtTheApduItIsToldTo) {
    using Kind = CardFault::Kind;
    VirtualPiv card;
    select(card);
    card.add_fault({.at = 2, .kind = Kind::StatusInstead, .status = 0x6581});
    card.add_fault({.at = 3, .kind = Kind::StatusAfter});
    EXPECT_EQ(verify(card, "000000"), "6581");
    EXPECT_EQ(card.pin_tries_left(), 3);
    EXPECT_EQ(verify(card, "000000"), "6f00");
    EXPECT_EQ(card.pin_tries_left(), 2);
    card.add_fault({.at = 4, .kind = Kind::RemovedBefore});
    EXPECT_EQ(verify(card, "123456"), "");
    EXPECT_EQ(card.pin_tries_left(), 2);
    select(card);
    card.add_fault({.at = 6, .kind = Kind::RemovedAfter});
    EXPECT_EQ(change(card, "80", "123456", "222222"), "");
    EXPECT_EQ(card.pin(), "222222");
    EXPECT_EQ(ask(card, "00200080"), "6d00");  // it had no power meanwhile
    select(card);
    card.add_fault({.at = 9, .kind = Kind::Slow, .delay = std::chrono::milliseconds(60)});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(verify(card, "222222"), "9000");
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(60));
    EXPECT_EQ(card.apdus(), 9U);
    EXPECT_EQ(card.faults_happened(), 5U);
}

TEST(VirtualPivCard, FailsAtRandomAsTheSeedSays) {
    const auto play = [](double rate, std::uint64_t seed) {
        VirtualPiv card;
        card.fail_at_random(rate, seed);
        std::string told;
        for (int i = 0; i < 2000; ++i) {
            told += ask(card, "00200080") + ",";
        }
        return std::pair(told, card.faults_happened());
    };
    const auto once = play(0.02, 7);
    EXPECT_EQ(once, play(0.02, 7));
    EXPECT_NE(once.first, play(0.02, 8).first);
    EXPECT_GT(once.second, 15U);
    EXPECT_LT(once.second, 80U);
    EXPECT_EQ(play(0, 7).second, 0U);
}

}  // namespace
