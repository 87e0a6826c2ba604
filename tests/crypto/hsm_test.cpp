// Keys in a hardware security module, by PKCS#11 and SoftHSM.
#include "crypto/hsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/key.h"
#include "support/soft_hsm.h"
#include "support/temp_folder.h"

namespace sealdesk::crypto {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string code_of_key(const Result<HsmKey>& key) { return key ? "ok" : key.error().code; }

std::string opened(const HsmPlace& place, const std::string& label,
                   std::string_view pin = test::kHsmPin) {
    return code_of_key(HsmKey::open(place, label, Secret(pin)));
}

HsmKey made(const std::string& label) {
    auto key = HsmKey::generate_rsa(test::soft_hsm(), label, Secret(test::kHsmPin), 2048);
    if (!key) {
        throw std::runtime_error(key.error().code);
    }
    return *std::move(key);
}

TEST(Hsm, AKeyIsMadeInsideAndOnlySigns) {  // M 6.2.1
    made("inside");
    const std::string seen = test::pkcs11_tool("--list-objects --type privkey --label inside");
    EXPECT_THAT(seen, AllOf(HasSubstr("Usage:      sign\n"), HasSubstr("never extractable"),
                            HasSubstr("always sensitive"), HasSubstr("local")));
    EXPECT_EQ(opened(test::soft_hsm(), "inside"), "ok");
}

TEST(Hsm, ItsSignaturesAreTheKeysAndTheSameEachTime) {
    const HsmKey key = made("signs");
    const auto public_key = PublicKey::from_der(key.public_key());
    ASSERT_TRUE(public_key);
    EXPECT_EQ(public_key->bits(), 2048);
    const std::string signature = key.sign_digest(sha256("a CRL"));
    EXPECT_TRUE(public_key->verifies("a CRL", signature));
    EXPECT_FALSE(public_key->verifies("another CRL", signature));

    auto again = HsmKey::open(test::soft_hsm(), "signs", Secret(test::kHsmPin));
    ASSERT_EQ(code_of_key(again), "ok");
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_EQ(again->sign_digest(sha256("a CRL")), signature);
}

TEST(Hsm, WhatIsWrongIsSaid) {
    const HsmPlace& place = test::soft_hsm();
    made("named");
    EXPECT_EQ(opened({{}, place.token}, "named"), "hsm.no_module");
    EXPECT_EQ(opened({"/nowhere/libpkcs11.so", place.token}, "named"), "hsm.module_unusable");
    EXPECT_EQ(opened({"libcrypto.so.3", place.token}, "named"), "hsm.module_unusable");
    EXPECT_EQ(opened({place.module, "ca-tes"}, "named"), "hsm.token_not_found");
    EXPECT_EQ(opened(place, "name"), "hsm.key_not_found");
    EXPECT_EQ(code_of_key(HsmKey::generate_rsa(place, "named", Secret(test::kHsmPin), 2048)),
              "hsm.key_exists");

    EXPECT_THAT(test::pkcs11_tool("--keypairgen --key-type rsa:2048 --label twice --id 01"),
                HasSubstr("generated"));
    EXPECT_THAT(test::pkcs11_tool("--keypairgen --key-type rsa:2048 --label twice --id 02"),
                HasSubstr("generated"));
    EXPECT_EQ(opened(place, "twice"), "hsm.several_keys");
}

TEST(Hsm, AWrongPinIsRefusedAndSeenUntilTheRightOne) {
    const HsmPlace& place = test::soft_hsm();
    std::string public_key = made("pinned").public_key();
    const auto tries_few = [&] {
        const auto state = look_at_hsm(place, "pinned");
        return state ? std::to_string(state->pin_tries_few) : state.error().code;
    };
    EXPECT_EQ(opened(place, "pinned", "000000"), "hsm.pin_wrong");
    EXPECT_EQ(opened(place, "pinned", ""), "hsm.pin_wrong");
    EXPECT_EQ(tries_few(), "1");
    EXPECT_EQ(opened(place, "pinned"), "ok");
    EXPECT_EQ(tries_few(), "0");

    EXPECT_THAT(look_at_hsm(place, "pinned")->public_keys, ElementsAre(public_key));
    EXPECT_THAT(look_at_hsm(place, "unknown")->public_keys, IsEmpty());
}

}  // namespace
}  // namespace sealdesk::crypto
