// Partitions and delta CRLs, read by programs that are not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/crl_partition.h"
#include "ca/demo_desk.h"
#include "support/command.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPartitions = 3;

Profiles with_kinds() {
    Profiles profiles = test_profiles();
    profiles.publication.crl_partitions = kPartitions;
    profiles.publication.crl_partition = "http://ca.example.test/repository/partition-{number}.crl";
    profiles.publication.delta_crl = "http://ca.example.test/repository/delta.crl";
    return profiles;
}

class CrlKindsTest : public WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        clock().set(SystemClock().now() - 3h);  // as openssl judges
        kinds_ = open_ca(db(), with_kinds());
        write_file_durably(folder() / "ca.pem", ca().certificate().pem(), FileAccess::Everyone);
    }
    void TearDown() override {
        kinds_.reset();
        WithCa::TearDown();
    }

    [[nodiscard]] LocalCa& kinds() { return *kinds_; }

    IssuedCertificate made(const std::string& name, int subject_index) {
        auto result = kinds().issue(order(name, subject_index));
        EXPECT_EQ(code_of(result), "ok");
        write_file_durably(folder() / (name + ".pem"),
                           crypto::Certificate::parse(result->der)->pem(), FileAccess::Everyone);
        return *result;
    }

    void issue_crl() {
        const auto crl = kinds().issue_crl();
        ASSERT_EQ(code_of(crl), "ok");
        for (const auto& file : std::filesystem::directory_iterator(folder() / "crl")) {
            const std::string name = file.path().stem().string();
            std::string command = "openssl crl -inform DER -in crl/";
            command.append(name).append(".crl -out ").append(name).append(".pem");
            run(command);
        }
    }

    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder().string() + "' && " + command).output;
    }
    std::string text_of(const std::string& crl) {
        return run("openssl crl -noout -text -in " + crl + ".pem");
    }
    /// What openssl says of a certificate by the CRLs named.
    std::string verified(const std::string& name, const std::string& crls,
                         const std::string& options = "") {
        return run("openssl verify -x509_strict -crl_check -extended_crl " + options +
                   " -CAfile ca.pem -CRLfile " + crls + " " + name + ".pem");
    }
    static std::string partition_of_serial(const IssuedCertificate& one) {
        return std::to_string(partition_for(with_kinds().publication, from_hex(one.serial)));
    }

private:
    std::unique_ptr<LocalCa> kinds_;
};

// RFC 5280 §5.2.5: the certificate names its partition, and the partition itself.
TEST_P(CrlKindsTest, OpensslFindsARevocationInThePartitionThatTheCertificateNames) {
    const auto good = made("good", 0);
    const auto bad = made("bad", 1);
    ASSERT_TRUE(kinds().revoke(status_order("s:1", bad)));
    issue_crl();

    const std::string mine = "partition-" + partition_of_serial(bad);
    EXPECT_THAT(run("openssl x509 -noout -text -in bad.pem"),
                AllOf(HasSubstr("URI:http://ca.example.test/repository/" + mine + ".crl"),
                      HasSubstr("/tipo/complete.crl")));
    EXPECT_THAT(text_of(mine),
                AllOf(HasSubstr("X509v3 Issuing Distribution Point: critical"),
                      HasSubstr("URI:http://ca.example.test/repository/" + mine + ".crl")));
    EXPECT_THAT(text_of("complete"), Not(HasSubstr("Issuing Distribution Point")));
    for (const std::string& crl : {mine, std::string("complete")}) {
        EXPECT_THAT(verified("bad", crl + ".pem"), HasSubstr("certificate revoked")) << crl;
    }
    EXPECT_EQ(verified("good", "complete.pem"), "good.pem: OK\n");
    const std::string his = "partition-" + partition_of_serial(good);
    EXPECT_EQ(verified("good", his + ".pem"), "good.pem: OK\n");

    for (int i = 1; i <= kPartitions; ++i) {
        const std::string name = "partition-" + std::to_string(i);
        const std::string serial = to_upper_ascii(bad.serial);
        EXPECT_EQ(text_of(name).find(serial) != std::string::npos, name == mine) << name;
        if (name != mine && name != his) {
            // A partition says nothing about certificates that do not name it.
            EXPECT_THAT(verified("good", name + ".pem"), Not(HasSubstr(": OK")));
        }
    }
}

TEST_P(CrlKindsTest, ACertificateStaysInThePartitionThatItNames) {
    const auto plain = issued("plain", 0);  // of a time without partitions
    Profiles profiles = with_kinds();
    profiles.publication.crl_partitions = 1;
    const auto with_one = open_ca(db(), profiles);
    std::vector<IssuedCertificate> named;
    for (int i = 1; i <= 5; ++i) {
        named.push_back(*with_one->issue(order("named" + std::to_string(i), i)));
    }
    ASSERT_TRUE(ca().revoke(status_order("s:0", plain)));
    for (const IssuedCertificate& one : named) {
        ASSERT_TRUE(kinds().revoke(status_order("s:" + one.serial, one)));
    }
    issue_crl();
    for (const IssuedCertificate& one : named) {
        EXPECT_THAT(text_of("partition-1"), HasSubstr(to_upper_ascii(one.serial)));
        EXPECT_THAT(text_of("partition-3"), Not(HasSubstr(to_upper_ascii(one.serial))));
    }
    EXPECT_THAT(text_of("partition-1"), Not(HasSubstr(to_upper_ascii(plain.serial))));
    EXPECT_THAT(text_of("complete"), HasSubstr(to_upper_ascii(plain.serial)));

    // Fewer of them again: those that certificates may name go on.
    ASSERT_EQ(code_of(with_one->issue_crl()), "ok");
    EXPECT_THAT(run("openssl crl -inform DER -noout -crlnumber -in crl/partition-3.crl"),
                HasSubstr("0x02"));
}

// RFC 5280 §5.2.4, §5.2.6
TEST_P(CrlKindsTest, OpensslCompletesAFormerCrlByTheDelta) {
    const auto stays = made("stays", 0);
    const auto held = made("held", 1);
    const auto later = made("later", 2);
    ASSERT_TRUE(kinds().revoke(status_order("s:0", stays)));
    ASSERT_TRUE(kinds().hold(status_order("s:1", held)));
    issue_crl();
    clock().advance(1h);
    ASSERT_TRUE(kinds().release(status_order("s:2", held)));
    ASSERT_TRUE(kinds().revoke(status_order("s:3", later)));
    issue_crl();

    const std::string delta = text_of("delta");
    EXPECT_THAT(delta, AllOf(HasSubstr("X509v3 Delta CRL Indicator: critical"),
                             HasSubstr("Remove From CRL"), HasSubstr(to_upper_ascii(later.serial)),
                             Not(HasSubstr(to_upper_ascii(stays.serial)))));
    EXPECT_THAT(text_of("complete"), HasSubstr("X509v3 Freshest CRL"));
    EXPECT_THAT(text_of("complete"), Not(HasSubstr("Remove From CRL")));

    // By the first CRL alone, and with what changed since.
    const std::string at = " -attime " + std::to_string(to_stored(clock().now()) / 1000000 + 1);
    EXPECT_THAT(verified("held", "crl-1.pem", at), HasSubstr("certificate revoked"));
    EXPECT_EQ(verified("later", "crl-1.pem", at), "later.pem: OK\n");
    run("cat crl-1.pem delta.pem > both.pem");
    const std::string use = at + " -use_deltas";
    EXPECT_EQ(verified("held", "both.pem", use), "held.pem: OK\n");
    EXPECT_THAT(verified("later", "both.pem", use), HasSubstr("certificate revoked"));
    EXPECT_THAT(verified("stays", "both.pem", use), HasSubstr("certificate revoked"));
}

// A relying party may hold any complete CRL that is still good.
TEST_P(CrlKindsTest, TheDeltaAddsToTheOldestCrlThatIsGood) {
    const auto one = made("one", 0);
    for (int day = 0; day < 4; ++day) {
        clock().advance(24h);
        issue_crl();
    }
    // Good for 36 hours: of the four the third is still.
    EXPECT_THAT(text_of("delta"), HasSubstr("Delta CRL Indicator: critical\n                3"));
    ASSERT_TRUE(kinds().revoke(status_order("s:0", one)));
    issue_crl();
    EXPECT_THAT(text_of("delta"), HasSubstr(to_upper_ascii(one.serial)));
    for (int day = 0; day < 3; ++day) {
        clock().advance(24h);
        issue_crl();
    }
    EXPECT_THAT(text_of("delta"), HasSubstr("No Revoked Certificates"));
    EXPECT_THAT(text_of("complete"), HasSubstr(to_upper_ascii(one.serial)));
}

TEST_P(CrlKindsTest, RecoveryPublishesEachOfThemAgain) {
    issue_crl();
    for (const char* name : {"partition-2.crl", "delta.crl"}) {
        std::filesystem::remove(folder() / "crl" / name);
        EXPECT_EQ(kinds().recover().crl_files, 1);
        EXPECT_TRUE(std::filesystem::exists(folder() / "crl" / name));
    }
    EXPECT_EQ(kinds().recover().crl_files, 0);
}

// M 2.6.2: once a day, or at once where the scheme wants it.
TEST_P(CrlKindsTest, OneIsDueEachDayAndAtOnceWhereTheSchemeWantsIt) {
    clock().set(start_of_day_in_taipei(std::chrono::year{2026} / 12 / 1) + 9h);
    const auto due = [](LocalCa& ca) {
        const auto issued = ca.issue_due_crl();
        return !issued ? issued.error().code : *issued ? "issued" : "not due";
    };
    const auto one = made("one", 0);
    EXPECT_EQ(due(kinds()), "issued");
    EXPECT_EQ(due(kinds()), "not due");
    ASSERT_TRUE(kinds().hold(status_order("s:0", one)));
    EXPECT_EQ(due(kinds()), "not due");

    Profiles eager = with_kinds();
    eager.publication.crl_at_once = true;
    const auto at_once = open_ca(db(), eager);
    EXPECT_EQ(due(*at_once), "issued");
    EXPECT_EQ(due(*at_once), "not due");
    ASSERT_TRUE(kinds().release(status_order("s:1", one)));
    EXPECT_EQ(due(*at_once), "issued");

    clock().advance(14h + 59min);
    EXPECT_EQ(due(kinds()), "not due");
    clock().advance(1min);  // midnight in Taipei
    EXPECT_EQ(due(kinds()), "issued");

    // Begun by another process, perhaps dead: waits for it, not for ever.
    clock().advance(24h);
    connection().execute(
        "INSERT INTO ca_crl (issuer, number, this_update, next_update, state, "
        "entries, sha256) SELECT issuer, crl_number + 1, " +
            std::to_string(to_stored(clock().now())) + ", 0, 'begun', 0, '' FROM ca_authority",
        {});
    connection().execute("UPDATE ca_authority SET crl_number = crl_number + 1", {});
    EXPECT_EQ(due(kinds()), "not due");
    clock().advance(11min);
    EXPECT_EQ(due(kinds()), "issued");
}

SEALDESK_ON_EVERY_BACKEND(CrlKindsTest);

}  // namespace
}  // namespace sealdesk::ca
