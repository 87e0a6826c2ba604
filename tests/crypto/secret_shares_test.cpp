#include "crypto/secret_shares.h"

#include <algorithm>
#include <array>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "crypto/gf256.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::crypto {
namespace {

using ::testing::HasSubstr;

constexpr int kTestIterations = 1'000;
constexpr std::size_t kBlind = 32;  // random bytes that are shared before the secret

template <class T>
std::string verdict_on(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

/// Gives the same byte for ever.
class SameByte final : public Random {
public:
    explicit SameByte(char byte) : byte_(byte) {}
    void fill(std::span<char> buffer) override { std::ranges::fill(buffer, byte_); }

private:
    char byte_;
};

Share copy_of(const Share& share) {
    return {share.set, share.number, Secret(share.value.reveal()), share.mark};
}

/// The shares of these numbers.
std::vector<Share> chosen(const std::vector<Share>& shares, std::initializer_list<int> numbers) {
    std::vector<Share> some;
    for (const int number : numbers) {
        some.push_back(copy_of(shares.at(std::size_t(number - 1))));
    }
    return some;
}

std::vector<Share> shares_of(const Secret& secret, int threshold, int count) {
    SystemRandom random;
    return split_secret(secret, threshold, count, random).value();
}

std::string combined(std::span<const Share> shares) {
    const auto secret = combine_shares(shares);
    return secret ? std::string(secret->reveal()) : secret.error().code;
}

std::uint8_t last_byte(const Share& share) {
    return static_cast<std::uint8_t>(share.value.reveal().back());
}

// FIPS 197 §4.2: {57} x {83} = {c1}, {57} x {13} = {fe}; {53} and {ca} are inverse.
TEST(Gf256, MultipliesAsAes) {
    static_assert(gf256::multiply(0x57, 0x83) == 0xc1);
    static_assert(gf256::multiply(0x57, 0x13) == 0xfe);
    static_assert(gf256::multiply(0x02, 0x80) == 0x1b);
    static_assert(gf256::inverse(0x53) == 0xca && gf256::inverse(0xca) == 0x53);
    EXPECT_EQ(gf256::multiply(0x57, 0x83), 0xc1);
}

TEST(Gf256, IsAField) {
    EXPECT_EQ(gf256::inverse(0), 0);
    for (unsigned a = 0; a < 256; ++a) {
        const auto x = static_cast<std::uint8_t>(a);
        EXPECT_EQ(gf256::multiply(x, 1), x);
        EXPECT_EQ(gf256::multiply(x, 0), 0);
        if (a != 0) {
            EXPECT_EQ(gf256::multiply(x, gf256::inverse(x)), 1) << a;
        }
        for (unsigned b = 0; b < 256; ++b) {
            const auto y = static_cast<std::uint8_t>(b);
            ASSERT_EQ(gf256::multiply(x, y), gf256::multiply(y, x));
            ASSERT_EQ(gf256::multiply(x, y ^ 0x35),
                      gf256::multiply(x, y) ^ gf256::multiply(x, 0x35));
        }
    }
}

// By hand: 2 of 3, secret 42, coefficient 53. f(1) = 42+53 = 11; 53*2 = a6, f(2) = e4;
// 53*3 = a6+53 = f5, f(3) = b7. Weights at 0 of 1 and 2: 2/(1+2) = 2*f6 = f7, 1/(2+1) = f6.
TEST(SecretShares, OfAKnownPolynomialAreThoseWorkedOutByHand) {
    SameByte random('\x53');
    const auto shares = split_secret(Secret("\x42"), 2, 3, random);
    ASSERT_EQ(verdict_on(shares), "ok");
    EXPECT_EQ(last_byte(shares->at(0)), 0x11);
    EXPECT_EQ(last_byte(shares->at(1)), 0xe4);
    EXPECT_EQ(last_byte(shares->at(2)), 0xb7);
    const std::array<std::uint8_t, 2> xs{1, 2};
    EXPECT_EQ(gf256::weight_at_zero(xs, 0), 0xf7);
    EXPECT_EQ(gf256::weight_at_zero(xs, 1), 0xf6);
    EXPECT_EQ(gf256::multiply(0x11, 0xf7) ^ gf256::multiply(0xe4, 0xf6), 0x42);
    EXPECT_EQ(combined(chosen(*shares, {1, 2})), "\x42");
}

TEST(SecretShares, EveryChoiceOfEnoughGivesTheSecretAndNoSmallerOneDoes) {  // M 6.2.2
    for (int count = kSharesMin; count <= 6; ++count) {
        for (int threshold = kSharesMin; threshold <= count; ++threshold) {
            const auto shares = shares_of(Secret("the CA key's passphrase"), threshold, count);
            for (unsigned choice = 0; choice < (1U << unsigned(count)); ++choice) {
                std::vector<Share> some;
                for (int i = 0; i < count; ++i) {
                    if ((choice >> unsigned(i) & 1U) != 0) {
                        some.insert(some.begin(), copy_of(shares[std::size_t(i)]));  // any order
                    }
                }
                ASSERT_EQ(combined(some), some.size() >= std::size_t(threshold)
                                              ? "the CA key's passphrase"
                                              : "share.too_few")
                    << threshold << "/" << count << " " << choice;
            }
        }
    }
}

TEST(SecretShares, OfRandomSecretsGiveThemBackThroughTheirText) {
    SystemRandom random;
    for (int round = 0; round < 60; ++round) {
        const auto draw = [&](int from, int to) {
            return from + int(random_number(random) % std::int64_t(to - from + 1));
        };
        const int count = draw(kSharesMin, kSharesMax);
        const int threshold = draw(kSharesMin, count);
        Secret secret(std::size_t(draw(1, 200)));
        random.fill(secret.fill());
        std::vector<Share> read;
        for (const Share& share : shares_of(secret, threshold, count)) {
            auto again = parse_share(to_text(share));
            ASSERT_EQ(verdict_on(again), "ok");
            read.push_back(*std::move(again));
        }
        std::ranges::rotate(read, read.begin() + draw(0, count - 1));
        const auto back = combine_shares(std::span(read).first(std::size_t(threshold)));
        ASSERT_EQ(verdict_on(back), "ok");
        ASSERT_TRUE(back->same_as(secret)) << threshold << "/" << count;
    }
}

// Of a 2-of-2 splitting of one byte: for every value of one share, each of the 256 secrets has
// exactly one coefficient that gives it.
TEST(SecretShares, OneTooFewTellNothingOfTheSecret) {  // M 6.2.2
    std::array<std::array<int, 256>, 256> ways{};      // [value of share 2][secret]
    for (unsigned secret = 0; secret < 256; ++secret) {
        for (unsigned coefficient = 0; coefficient < 256; ++coefficient) {
            const std::array<char, 1> higher{static_cast<char>(coefficient)};
            ++ways[gf256::value_at(2, static_cast<std::uint8_t>(secret), higher)][secret];
        }
    }
    for (const auto& of_value : ways) {
        EXPECT_TRUE(std::ranges::all_of(of_value, [](int count) { return count == 1; }));
    }
}

// The same for real shares of 4 of 7: with three fixed, the missing fourth may have any of 256
// values, and each gives another secret.
TEST(SecretShares, ThreeOfFourFitEverySecret) {
    const auto shares = shares_of(Secret("\x7e"), 4, 7);
    const std::array<std::uint8_t, 4> xs{2, 3, 7, 5};
    std::uint8_t known = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        known ^= gf256::multiply(last_byte(shares[std::size_t(xs[i] - 1)]),
                                 gf256::weight_at_zero(xs, i));
    }
    std::set<std::uint8_t> secrets;
    for (unsigned value = 0; value < 256; ++value) {
        secrets.insert(known ^ gf256::multiply(static_cast<std::uint8_t>(value),
                                               gf256::weight_at_zero(xs, 3)));
    }
    EXPECT_EQ(secrets.size(), 256U);
    EXPECT_TRUE(secrets.contains(0x7e));
}

TEST(SecretShares, OfTheSameShortSecretHaveNothingInCommonThatTellsIt) {
    std::set<std::string> checks;
    for (int i = 0; i < 50; ++i) {
        checks.insert(shares_of(Secret("0"), 2, 2).front().set.check);
    }
    EXPECT_EQ(checks.size(), 50U);  // blinded: the check of "0" cannot be looked up
}

TEST(SecretShares, WhatIsWrongWithThemIsSaid) {
    const Secret secret("the CA key's passphrase");
    const auto shares = shares_of(secret, 3, 5);
    const auto others = shares_of(secret, 3, 5);

    EXPECT_EQ(combined({}), "share.too_few");
    EXPECT_EQ(combined(chosen(shares, {1, 4})), "share.too_few");
    EXPECT_EQ(combined(chosen(shares, {1, 4, 1})), "share.repeated");
    EXPECT_EQ(combined(chosen(shares, {1, 4, 5, 4})), "share.repeated");
    auto mixed = chosen(shares, {1, 2});
    mixed.push_back(copy_of(others[2]));
    EXPECT_EQ(combined(mixed), "share.other_set");

    auto damaged = chosen(shares, {1, 2, 3});
    damaged[1].value.fill()[40] = static_cast<char>(damaged[1].value.reveal()[40] ^ 1);
    const auto refused = combine_shares(damaged);
    EXPECT_EQ(verdict_on(refused), "share.damaged");
    EXPECT_THAT(refused.error().where, HasSubstr("share 2 of set " + shares[0].set.id));
    damaged = chosen(shares, {1, 2, 3});
    damaged[2].number = 4;
    EXPECT_EQ(combined(damaged), "share.damaged");
    damaged = chosen(shares, {1, 2, 3});
    damaged[0].set.threshold = 2;
    EXPECT_EQ(combined(damaged), "share.damaged");
}

// A mark is no secret: whoever has a share can make a false one that bears a good mark. The set's
// check finds it.
TEST(SecretShares, AFalseOneWithAGoodMarkIsFound) {
    auto shares = shares_of(Secret("the CA key's passphrase"), 2, 3);
    Share& made_up = shares[1];
    made_up.value.fill()[kBlind] = static_cast<char>(made_up.value.reveal()[kBlind] ^ 1);
    made_up.mark = sha256_hex("sealdesk-share-mark 1\nset " + made_up.set.id +
                              "\nshares 2/3\nnumber 2\ncheck " + made_up.set.check + "\n" +
                              std::string(made_up.value.reveal()));
    ASSERT_EQ(verdict_on(parse_share(to_text(made_up))), "ok");
    EXPECT_EQ(combined(chosen(shares, {1, 2})), "share.false");
    EXPECT_EQ(combined(chosen(shares, {1, 3})), "the CA key's passphrase");
}

TEST(SecretShares, ADamagedTextIsRefusedWhereverItIsDamaged) {
    const auto shares = shares_of(Secret("secret"), 2, 3);
    const Secret whole = to_text(shares[1]);
    ASSERT_EQ(verdict_on(parse_share(whole)), "ok");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const char other : {'0', 'g', '\n', ' ', '\0', 'F'}) {
            Secret damaged(whole.reveal());
            if (damaged.reveal()[i] != other) {
                damaged.fill()[i] = other;
                ASSERT_EQ(verdict_on(parse_share(damaged)), "share.damaged")
                    << i << " " << int(other);
            }
        }
        ASSERT_EQ(verdict_on(parse_share(Secret(whole.reveal().substr(0, i)))), "share.damaged")
            << i;
    }
    EXPECT_EQ(verdict_on(parse_share(Secret(std::string(whole.reveal()) + "\n"))), "share.damaged");
}

TEST(SecretShares, AreTwoToSixteen) {
    SystemRandom random;
    const Secret secret("secret");
    for (const auto& [threshold, count] :
         {std::pair{1, 1}, {1, 3}, {0, 2}, {-1, 2}, {4, 3}, {2, 17}, {17, 17}}) {
        EXPECT_EQ(verdict_on(split_secret(secret, threshold, count, random)), "share.bad_numbers");
    }
    EXPECT_EQ(split_secret(secret, 16, 16, random)->size(), 16U);
}

TEST(CmsPassphrase, OpensWithItsPassphraseOnlyAndWithOpenssl) {
    const test::TempFolder folder;
    const std::string pem =
        encrypt_under(Secret("correct horse battery"), "holder's share\n", kTestIterations);
    const auto opened = decrypt_under(Secret("correct horse battery"), "Text above.\n" + pem);
    ASSERT_EQ(verdict_on(opened), "ok");
    EXPECT_EQ(opened->reveal(), "holder's share\n");
    EXPECT_EQ(verdict_on(decrypt_under(Secret("correct horse"), pem)), "cms.wrong_passphrase");
    EXPECT_EQ(verdict_on(decrypt_under(Secret("x"), "rubbish")), "cms.unreadable");
    EXPECT_EQ(verdict_on(decrypt_under(Secret("x"), pem.substr(0, pem.size() / 2))),
              "cms.unreadable");

    const auto file = (folder.path() / "share.pem").string();
    write_file_durably(file, "持份 share\n" + pem, FileAccess::Owner);
    const auto ran = test::run_command("openssl cms -decrypt -inform PEM -in " + file +
                                       " -pwri_password 'correct horse battery'");
    EXPECT_EQ(ran.output, "holder's share\n");
    const auto shown = test::run_command("openssl cms -cmsout -print -inform PEM -in " + file);
    EXPECT_THAT(shown.output, HasSubstr("PBKDF2"));
    EXPECT_THAT(shown.output, HasSubstr("aes-256-cbc"));
}

}  // namespace
}  // namespace sealdesk::crypto
