// A new key for a CA: both keys vouch for each other, both issue CRLs, one issues certificates.
#include "ca/rekey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/demo_desk.h"
#include "ca/share_file.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RekeyTest : public WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        fs::create_directories(house());
        ASSERT_EQ(code_of(init_demo_ca(keys().back(), test_passphrase(), test_profiles(),
                                       clock().now(), random())),
                  "ok");
    }

    [[nodiscard]] fs::path house() const { return folder() / "house"; }
    [[nodiscard]] std::vector<CaFiles> keys() const { return ca_generations(house(), {}); }
    static KeyRelease release() { return {test_passphrase(), {}, {}}; }

    /// As the program opens it.
    std::unique_ptr<LocalCa> opened(const CaFiles& files) {
        Profiles profiles = test_profiles();
        profiles.publication = publication_of(profiles.publication, files.generation);
        auto ca = LocalCa::open(db(), files, test_passphrase(), std::move(profiles));
        if (!ca) {
            throw std::runtime_error(ca.error().code);
        }
        note_generations(db(), keys());
        (*ca)->recover();
        return *std::move(ca);
    }

    Result<Rekeyed> change(store::Database& database) {
        return rekey(database, keys().back(), release(), test_profiles(),
                     [&](const CaFiles& files, const NewCaWitness& witness) -> Outcome {
                         const auto made = init_demo_ca(files, test_passphrase(), test_profiles(),
                                                        clock().now(), random(), witness);
                         return made ? done() : made.error();
                     });
    }

    IssuedCertificate issued_by(LocalCa& ca, const std::string& key, int subject) {
        auto one = ca.issue(order(key, subject));
        EXPECT_EQ(code_of(one), "ok");
        return *std::move(one);
    }

    /// Shell commands in the CA's folder at the test's time; `verify` checks a DER certificate.
    std::string run(const std::string& commands) {
        const std::string at = std::to_string(to_stored(clock().now()) / 1'000'000);
        return test::run_command("cd '" + house().string() +
                                 "' && verify() { openssl x509 -inform DER -in $1 -out $1.pem; "
                                 "shift; openssl verify -x509_strict -attime " +
                                 at + " \"$@\"; }; " + commands)
            .output;
    }

    void keep(const std::string& name, const IssuedCertificate& one) {
        write_file_durably(house() / name, one.der, FileAccess::Everyone);
    }

    std::string crl_text(const LocalCa& ca, const fs::path& crl) {
        write_file_durably(house() / "signer.pem", ca.certificate().pem(), FileAccess::Everyone);
        return run("openssl crl -inform DER -in '" + crl.string() +
                   "' -CAfile signer.pem -noout -text");
    }
};

// M 4.7, RFC 4210 §4.4; validators_test.cpp follows the way from one key to the other.
TEST_P(RekeyTest, TheCaKeepsItsNameAndTheNewKeyHasAddressesOfItsOwn) {
    keep("old.der", issued_by(*opened(keys().back()), "old", 0));
    const auto rekeyed = change(db());
    ASSERT_EQ(code_of(rekeyed), "ok");
    EXPECT_EQ(rekeyed->files.generation, 2);
    ASSERT_EQ(keys().size(), 2U);
    EXPECT_EQ(rekeyed->certificate.subject(), rekeyed->new_with_old.subject());
    EXPECT_EQ(rekeyed->certificate.public_key(), rekeyed->new_with_old.public_key());
    EXPECT_NE(rekeyed->certificate.public_key(), rekeyed->old_with_new.public_key());
    keep("new.der", issued_by(*opened(keys().back()), "new", 1));

    EXPECT_THAT(run("verify new.der -CAfile 2/ca.pem new.der.pem"), HasSubstr("OK"));
    EXPECT_THAT(run("verify old.der -CAfile ca.pem old.der.pem"), HasSubstr("OK"));
    EXPECT_THAT(
        run("openssl x509 -in old.der.pem -noout -text"),
        AllOf(HasSubstr("/repository/tipo/complete.crl"), HasSubstr("/repository/tipo/ca.crt")));
    EXPECT_THAT(run("openssl x509 -in new.der.pem -noout -text"),
                AllOf(HasSubstr("/repository/tipo/2/complete.crl"),
                      HasSubstr("/repository/tipo/2/ca.crt")));
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE kind = 'ca.rekeyed'"), 1);
    EXPECT_EQ(audit_verdict(), "ok");
}

// M 4.7. RFC 5280 §5: both CRLs bear the CA's name, so both list what either key certified.
TEST_P(RekeyTest, BothKeysIssueCrlsOfTheWholeCaAndTheFormerCertifiesNothing) {
    const auto former = opened(keys().back());
    const auto old = issued_by(*former, "old", 0);
    ASSERT_EQ(code_of(change(db())), "ok");
    const auto present = opened(keys().back());
    EXPECT_EQ(code_of(present->issue(order("again", 0))), "ca.key_reused");  // M 3.2.2
    const auto fresh = issued_by(*present, "new", 1);

    // The process that had the former key open all the time, too.
    EXPECT_EQ(code_of(former->issue(order("late", 2))), "ca.superseded");
    EXPECT_EQ(code_of(former->issue(order("old", 0))), "ok");  // the same again
    EXPECT_EQ(code_of(present->issue(order("late", 2))), "ok");

    EXPECT_EQ(code_of(present->revoke(status_order("r1", old))), "ok");
    EXPECT_EQ(code_of(present->hold(status_order("r2", fresh))), "ok");
    const auto by_former = former->issue_crl();
    const auto by_present = present->issue_crl();
    ASSERT_EQ(code_of(by_former) + code_of(by_present), "okok");
    const std::string old_serial = to_upper_ascii(old.serial);
    const std::string fresh_serial = to_upper_ascii(fresh.serial);
    EXPECT_THAT(crl_text(*former, by_former->file),
                AllOf(HasSubstr("verify OK"), HasSubstr(old_serial), HasSubstr(fresh_serial)));
    EXPECT_THAT(crl_text(*present, by_present->file),
                AllOf(HasSubstr("verify OK"), HasSubstr(fresh_serial), HasSubstr(old_serial)));
    EXPECT_NE(by_former->file.parent_path(), by_present->file.parent_path());

    EXPECT_EQ(code_of(present->release(status_order("r3", fresh))), "ok");
    EXPECT_EQ(former->issue_crl()->entries, 1);
}

// RFC 5280 §5.2.4
TEST_P(RekeyTest, TheDeltaOfEachKeyHasTheNewsOfBoth) {
    const auto old = issued_by(*opened(keys().back()), "old", 0);
    ASSERT_EQ(code_of(change(db())), "ok");
    const auto held = issued_by(*opened(keys().back()), "held", 1);
    const auto news = issued_by(*opened(keys().back()), "news", 2);
    ASSERT_EQ(code_of(opened(keys().back())->hold(status_order("h", held))), "ok");
    Profiles profiles = test_profiles();
    profiles.publication.delta_crl = "http://ca.example.test/repository/delta.crl";
    const auto former = open_quickly(db(), keys().front(), profiles);
    clock().advance(1h);
    ASSERT_EQ(code_of(former->issue_crl()), "ok");
    EXPECT_THAT(crl_text(*former, keys().front().crl_folder / "delta.crl"),
                HasSubstr("No Revoked Certificates"));
    clock().advance(1h);
    ASSERT_EQ(code_of(former->revoke(status_order("r1", old))), "ok");
    ASSERT_EQ(code_of(former->release(status_order("r2", held))), "ok");
    ASSERT_EQ(code_of(former->revoke(status_order("r3", news))), "ok");
    ASSERT_EQ(code_of(former->issue_crl()), "ok");
    EXPECT_THAT(crl_text(*former, keys().front().crl_folder / "delta.crl"),
                AllOf(HasSubstr("verify OK"), HasSubstr(to_upper_ascii(old.serial)),
                      HasSubstr(to_upper_ascii(news.serial)),
                      HasSubstr(to_upper_ascii(held.serial)), HasSubstr("Remove From CRL")));
}

TEST_P(RekeyTest, TheFormersCrlIsNeededUntilItsLastCertificateHasEnded) {
    const auto old = issued_by(*opened(keys().back()), "old", 0);
    ASSERT_EQ(code_of(change(db())), "ok");
    EXPECT_EQ(living_generations(db(), keys()).size(), 2U);
    clock().set(old.not_after);
    EXPECT_EQ(living_generations(db(), keys()).size(), 2U);
    clock().advance(1s);
    ASSERT_EQ(living_generations(db(), keys()).size(), 1U);
    EXPECT_EQ(living_generations(db(), keys()).front().generation, 2);
}

// Whichever write fails, the CA has either its former key only or both, and issues certificates.
TEST_P(RekeyTest, AChangeThatIsCutShortIsOneOrNone) {
    opened(keys().back());
    int write = 0;
    bool ended = false;
    for (; !ended; ++write) {
        ASSERT_LT(write, 20);
        const std::size_t before = keys().size();
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_EQ(code_of(change(broken)), "ok");
            ended = true;
        } catch (const Failure&) {
            EXPECT_LE(keys().size(), before + 1);
        }
        const auto present = opened(keys().back());
        EXPECT_EQ(code_of(present->issue_crl()), "ok");
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_rekey"), std::int64_t(keys().size()) - 1);
        EXPECT_FALSE(fs::exists(folder_of(unfinished_generation(keys().back())) / "ca.pem"));
        clock().advance(kRekeyOnce);
    }
    EXPECT_GE(write, 2);
    issued_by(*opened(keys().back()), "after", 0);
    EXPECT_EQ(code_of(opened(keys().front())->issue(order("late", 1))), "ca.superseded");
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(RekeyTest, WhatTheFormerKeyBeganItAloneFinishes) {
    const CaFiles first = keys().back();
    const auto former = opened(first);
    bool begun = false;
    for (int write = 0; !begun; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            auto ca = LocalCa::open(broken, first, test_passphrase(), test_profiles());
            static_cast<void>((*ca)->issue(order("begun", 0)));
        } catch (const Failure&) {
        }
        begun = count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'signing'") == 1;
    }
    // As a crash between the rename and its entry in the database would leave it.
    const auto rekeyed = change(db());
    ASSERT_EQ(code_of(rekeyed), "ok");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'signing'"), 0);
    connection().execute("UPDATE ca_certificate SET state = 'signing', certificate = NULL", {});
    const auto present = opened(keys().back());
    EXPECT_EQ(code_of(present->issue(order("begun", 0))), "ca.begun_by_former");
    opened(first);
    const auto finished = present->issue(order("begun", 0));
    ASSERT_EQ(code_of(finished), "ok");
    keep("begun.der", *finished);
    EXPECT_THAT(run("verify begun.der -CAfile ca.pem begun.der.pem"), HasSubstr("OK"));
}

TEST_P(RekeyTest, TheSameCommandAgainMakesNoThirdKey) {
    ASSERT_EQ(code_of(change(db())), "ok");
    EXPECT_EQ(code_of(change(db())), "ca.rekeyed_just_now");
    EXPECT_EQ(keys().size(), 2U);
    clock().advance(kRekeyOnce);
    EXPECT_EQ(code_of(change(db())), "ok");
}

TEST_P(RekeyTest, TheNextKeyMayBeHeldBySeveral) {  // M 6.2.2
    CustodyOrder order{2, {}, folder() / "shares", 1'000};
    order.holders.push_back({"A", Secret("passphrase of A")});
    order.holders.push_back({"B", Secret("passphrase of B")});
    std::vector<fs::path> shares;
    const auto rekeyed =
        rekey(db(), keys().back(), release(), test_profiles(),
              [&](const CaFiles& files, const NewCaWitness& witness) -> Outcome {
                  const auto held = init_in_custody(db(), files, test_profiles(), order, witness);
                  shares = held ? held->files : shares;
                  return held ? done() : held.error();
              });
    ASSERT_EQ(code_of(rekeyed), "ok");
    std::vector<crypto::Share> brought;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        brought.push_back(
            *read_share_file(shares[i], Secret("passphrase of " + order.holders[i].name)));
    }
    const auto released = release_key(db(), rekeyed->files, brought);
    ASSERT_EQ(code_of(released), "ok");
    EXPECT_EQ(code_of(LocalCa::open(db(), rekeyed->files, released->passphrase, test_profiles())),
              "ok");
    EXPECT_EQ(code_of(LocalCa::open(db(), keys().front(), test_passphrase(), test_profiles())),
              "ok");
}

TEST_P(RekeyTest, ARefusalChangesNothing) {
    const auto refused = rekey(db(), keys().back(), KeyRelease{Secret("guess"), {}, {}},
                               test_profiles(), [](const CaFiles&, const NewCaWitness&) -> Outcome {
                                   ADD_FAILURE() << "made without the former key";
                                   return done();
                               });
    EXPECT_EQ(code_of(refused), "key.unreadable");
    Profiles other = test_profiles();
    other.authority_name.pop_back();
    const auto renamed = rekey(db(), keys().back(), release(), test_profiles(),
                               [&](const CaFiles& files, const NewCaWitness& witness) -> Outcome {
                                   const auto made = init_demo_ca(files, test_passphrase(), other,
                                                                  clock().now(), random(), witness);
                                   return made ? done() : made.error();
                               });
    EXPECT_EQ(code_of(renamed), "ca.other_name");
    EXPECT_EQ(keys().size(), 1U);
    EXPECT_FALSE(fs::exists(folder_of(unfinished_generation(keys().back()))));
    issued_by(*opened(keys().back()), "still", 0);
}

SEALDESK_ON_EVERY_BACKEND(RekeyTest);

TEST(RekeyDue, TwoMonthsBeforeTheTenYearsOfSigningAreOver) {  // M 4.7, M 6.3.2.1
    const auto certificate = crypto::Certificate::load(test_ca_files().certificate);
    ASSERT_EQ(code_of(certificate), "ok");  // begins on 2026-01-01 at 01:00
    EXPECT_EQ(to_utc_text(end_of_signing(*certificate)), "2036-01-01T01:00:00Z");
    EXPECT_EQ(to_utc_text(rekey_due(*certificate)), "2035-11-01T01:00:00Z");
}

}  // namespace
}  // namespace sealdesk::ca
