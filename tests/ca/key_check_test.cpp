// Keys that no CA certifies, whoever asks.
#include "ca/key_check.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "ca/modulus_check.h"
#include "crypto/der.h"
#include "support/command.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;
namespace fs = std::filesystem;
using ::testing::EndsWith;

std::string rsa_spki(const std::string& modulus, const std::string& exponent) {
    const std::string key = der::sequence({der::integer_of(modulus), der::integer_of(exponent)});
    return der::sequence({der::sequence({*der::object_identifier("1.2.840.113549.1.1.1"),
                                         der::element(der::kNull, {})}),
                          der::element(der::kBitString, {std::string(1, '\0'), key})});
}

/// The modulus of a real key.
std::string modulus_of(const crypto::KeyPair& pair) {
    const std::string spki = pair.public_key();
    der::Reader outer(spki);
    der::Reader inner(outer.next()->content);
    static_cast<void>(inner.next());
    der::Reader key(inner.next()->content.substr(1));
    der::Reader numbers(key.next()->content);
    return std::string(numbers.next()->content.substr(1));
}

const std::string kF4("\x01\x00\x01", 3);

class KeyCheck : public ::testing::Test {
protected:
    static std::string modulus() { return modulus_of(subject_key(0)); }
    static std::string verdict(const std::string& spki) {
        return code_of(check_key(spki, *test_profiles().find("tipo-software")));
    }
    static std::string verdict_of_modulus(const std::string& modulus) {
        return verdict(rsa_spki(modulus, kF4));
    }
};

TEST_F(KeyCheck, AGoodKeyIsReadAsOpensslWritesIt) {
    EXPECT_EQ(rsa_spki(modulus(), kF4), subject_key(0).public_key());
    EXPECT_EQ(verdict(subject_key(0).public_key()), "ok");
}

TEST_F(KeyCheck, WeakRsaKeysAreRefused) {                                    // M 6.1.5
    EXPECT_EQ(verdict_of_modulus(modulus().substr(0, 128)), "ca.weak_key");  // 1024 bits
    std::string even = modulus();
    even.back() = static_cast<char>(even.back() & ~1);
    EXPECT_EQ(verdict_of_modulus(even), "ca.weak_key");
    // Divisible by 255 and so by 3, 5 and 17: every byte the same.
    EXPECT_EQ(verdict_of_modulus(std::string(256, '\xf1')), "ca.weak_key");
    EXPECT_EQ(verdict(rsa_spki(modulus(), "\x01")), "ca.weak_exponent");
    EXPECT_EQ(verdict(rsa_spki(modulus(), "\x03")), "ca.weak_exponent");
    EXPECT_EQ(verdict(rsa_spki(modulus(), "\xff\xff")), "ca.weak_exponent");
    EXPECT_EQ(verdict(rsa_spki(modulus(), std::string("\x01\x00\x02", 3))), "ca.weak_exponent");
    EXPECT_EQ(verdict(rsa_spki(modulus(), std::string(33, '\x01'))), "ca.weak_exponent");
    EXPECT_EQ(verdict(rsa_spki(modulus(), std::string(32, '\x01'))), "ok");
}

TEST_F(KeyCheck, RubbishIsUnreadableAndOtherKindsAreRefused) {
    EXPECT_EQ(verdict(""), "ca.key_unreadable");
    EXPECT_EQ(verdict("rubbish"), "ca.key_unreadable");
    EXPECT_EQ(verdict(subject_key(0).public_key() + "x"), "ca.key_unreadable");
    const std::string p256 = crypto::KeyPair::generate_p256().public_key();
    EXPECT_EQ(verdict(p256), "ca.weak_key");
    EXPECT_EQ(code_of(check_key(p256, *test_profiles().find("officer"))), "ok");
}

class Big {
public:
    Big() : number_(BN_new()), context_(BN_CTX_new()) {}
    explicit Big(std::uint64_t value) : Big() { BN_set_word(get(), value); }
    [[nodiscard]] BIGNUM* get() const { return number_.get(); }
    [[nodiscard]] BN_CTX* context() const { return context_.get(); }
    [[nodiscard]] std::string bytes() const {
        std::string bytes(std::size_t(BN_num_bytes(get())), '\0');
        BN_bn2bin(get(), reinterpret_cast<unsigned char*>(bytes.data()));
        return bytes;
    }

private:
    Handle<BIGNUM, &BN_free> number_;
    Handle<BN_CTX, &BN_CTX_free> context_;
};

/// 1.5 · 2^1023: two primes from there upwards have a product of 2048 bits.
Big start_of_primes() {
    Big start(3);
    BN_lshift(start.get(), start.get(), 1022);
    return start;
}

/// The first prime among start, start + step, start + 2·step …
Big prime_from(Big start, const Big& step) {
    while (BN_check_prime(start.get(), start.context(), nullptr) != 1) {
        BN_add(start.get(), start.get(), step.get());
    }
    return start;
}

std::string product(const Big& p, const Big& q) {
    const Big n;
    BN_mul(n.get(), p.get(), q.get(), n.context());
    return n.bytes();
}

/// As the broken library draws a prime for 2048 bits: k·M + (65537^a mod M), where M is the product
/// of the first 126 primes (Nemec et al., §2.1, table 1).
Big roca_prime(std::uint64_t a) {
    const Big m(2);
    int primes = 1;
    for (BN_ULONG candidate = 3; primes < 126; candidate += 2) {
        if (BN_check_prime(Big(candidate).get(), m.context(), nullptr) == 1) {
            BN_mul_word(m.get(), candidate);
            ++primes;
        }
    }
    Big prime = start_of_primes();
    const Big power;
    BN_mod_exp(power.get(), Big(65537).get(), Big(a).get(), m.get(), m.context());
    BN_div(prime.get(), nullptr, prime.get(), m.get(), m.context());
    BN_add_word(prime.get(), a);
    BN_mul(prime.get(), prime.get(), m.get(), m.context());
    BN_add(prime.get(), prime.get(), power.get());
    return prime_from(std::move(prime), m);
}

TEST_F(KeyCheck, KeysOfTheBrokenCardsAreRefused) {
    const Big p = roca_prime(1'234'567);
    const Big q = roca_prime(89'101'112);
    EXPECT_EQ(verdict_of_modulus(product(p, q)), "ca.roca_key");
    Big odd = start_of_primes();
    BN_add_word(odd.get(), 1);
    const Big other = prime_from(std::move(odd), Big(2));
    EXPECT_EQ(verdict_of_modulus(product(p, other)), "ok") << "one such prime is no fingerprint";
}

// (p - q)² / (8 · √(p · q)) rounds: 43 for a distance of 2^516, 171 for 2^517.
TEST_F(KeyCheck, PrimesThatLieCloseTogetherAreRefused) {
    const auto prime_after_start = [](int bits) {
        const Big distance(1);
        BN_lshift(distance.get(), distance.get(), bits);
        Big from = start_of_primes();
        BN_add(from.get(), from.get(), distance.get());
        BN_add_word(from.get(), 1);
        return prime_from(std::move(from), Big(2));
    };
    const Big p = prime_after_start(4);
    EXPECT_EQ(verdict_of_modulus(product(p, p)), "ca.close_primes");
    EXPECT_EQ(verdict_of_modulus(product(p, prime_after_start(20))), "ca.close_primes");
    EXPECT_EQ(verdict_of_modulus(product(p, prime_after_start(513))), "ca.close_primes");
    EXPECT_EQ(verdict_of_modulus(product(p, prime_after_start(516))), "ca.close_primes");
    EXPECT_EQ(verdict_of_modulus(product(p, prime_after_start(517))), "ok");
}

TEST_F(KeyCheck, TenThousandRandomModuliPass) {
    std::mt19937_64 random(20'171'016);  // NOLINT(cert-msc51-cpp): the same each time
    int wrong = 0;
    for (int i = 0; i < 10'000;) {
        std::string modulus(256, '\0');
        for (char& byte : modulus) {
            byte = static_cast<char>(random());
        }
        modulus.front() = static_cast<char>(modulus.front() | 0x80);
        modulus.back() = static_cast<char>(modulus.back() | 1);
        if (has_small_factor(modulus)) {
            continue;
        }
        wrong += is_roca(modulus) || has_close_primes(modulus) ? 1 : 0;
        ++i;
    }
    EXPECT_EQ(wrong, 0);
}

class WeakKeysTest : public WithCa {
protected:
    [[nodiscard]] fs::path list() const { return folder() / "list"; }

    /// The line for a key, as the lists' own comments say.
    [[nodiscard]] std::string line_for(int subject) const {
        const fs::path key = folder() / "key.der";
        write_file_durably(key, subject_key(subject).public_key(), FileAccess::Everyone);
        return test::run_command("openssl rsa -pubin -inform DER -noout -modulus -in '" +
                                 key.string() + "' | sha1sum | cut -d ' ' -f 1 | cut -c 21-")
            .output;
    }
    void write_list(const std::string& name, const std::string& text) const {
        fs::create_directories(list());
        write_file_durably(list() / name, text, FileAccess::Everyone);
    }
    [[nodiscard]] Result<std::unique_ptr<LocalCa>> open_with_list() {
        CaFiles files = test_ca_files();
        files.crl_folder = folder() / "crl";
        files.weak_keys = list();
        return LocalCa::open(db(), files, test_passphrase(), test_profiles());
    }
};

TEST_P(WeakKeysTest, AKeyThatStandsInAListIsRefused) {
    write_list("blacklist.RSA-2048", "# 2048 bits\n\n" + line_for(1) + "00005890bc78bcbee3ca\n");
    write_list("blacklist.RSA-4096", line_for(2));
    write_list("blacklist.DSA-1024", "of no use here\n");
    const auto ca = open_with_list();
    ASSERT_EQ(code_of(ca), "ok");
    EXPECT_EQ(code_of((*ca)->issue(order("order:0", 0))), "ok");
    EXPECT_EQ(code_of((*ca)->issue(order("order:1", 1))), "ca.listed_key");
    Order by_csr = order("order:2", 2);
    by_csr.public_key.clear();
    by_csr.csr = make_csr(subject_key(2));
    EXPECT_EQ(code_of((*ca)->issue(by_csr)), "ca.listed_key");
}

TEST_P(WeakKeysTest, TheCaDoesNotOpenWithoutTheListItIsToUse) {
    EXPECT_EQ(code_of(open_with_list()), "ca.no_key_list");
    write_list("blacklist.txt", line_for(1));
    EXPECT_EQ(code_of(open_with_list()), "ca.no_key_list");
    write_list("blacklist.RSA-2048", line_for(1) + "5890bc78bcbee3ca\n");
    const auto short_line = open_with_list();
    EXPECT_EQ(code_of(short_line), "ca.bad_key_list");
    EXPECT_THAT(short_line.error().where, EndsWith("blacklist.RSA-2048:2"));
}

SEALDESK_ON_EVERY_BACKEND(WeakKeysTest);

}  // namespace
}  // namespace sealdesk::ca
