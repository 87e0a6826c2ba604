// Programs that are not ours judge what we make: a certificate of every profile of every scheme,
// CRLs of each kind, and the way from one key of a CA to the next.
#include <sstream>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "ca/crl_partition.h"
#include "ca/demo_desk.h"
#include "ca/rekey.h"
#include "support/command.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::path kForms = fs::path(SEALDESK_SOURCE_DIR) / "forms";

/// Who understands enough to judge. GnuTLS and NSS know no partitions; NSS looks for the signer of
/// a CRL by name, and a CA has one name and several keys.
enum class By { All, AllButNss, OpensslAndJava };

/// One certificate and what is to be said of it. Files are named without ".pem", below the test's
/// folder.
struct Exhibit {
    std::string name;
    std::string trusted;  ///< the CA's certificate
    std::vector<std::string> crls;
    const Profile* profile;
    std::string verdict;  ///< "good", "revoked", "stranger", or "unknown" (to all of the CRLs)
    By by = By::All;
    std::string link{};  ///< a certificate between the two
};

/// A CRL and who signed it.
struct ListExhibit {
    std::string name;
    std::string trusted;
};

/// The PEM files of these names, each after `before`.
std::string pem_files(const std::string& before, const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) {
        all += name.empty() ? "" : before + name + ".pem";
    }
    return all;
}

/// The verdict of the first phrase that was said; without any, all that was said.
std::string verdict_in(const std::string& said,
                       const std::vector<std::pair<std::string, std::string>>& phrases) {
    for (const auto& [phrase, verdict] : phrases) {
        if (said.find(phrase) != std::string::npos) {
            return verdict;
        }
    }
    return said;
}

bool is_to_sign(const Profile& profile) {
    return std::ranges::find(profile.key_usage, KeyUsage::DigitalSignature) !=
           profile.key_usage.end();
}

/// The other programs, on the files of a folder.
class Judges {
public:
    explicit Judges(fs::path folder) : folder_(std::move(folder)) {}

    std::string run(const std::string& command) const {
        return test::run_command("cd '" + folder_.string() + "' && " + command).output;
    }

    void judge(const std::vector<Exhibit>& certificates, const std::vector<ListExhibit>& lists) {
        for (const Exhibit& one : certificates) {
            SCOPED_TRACE(one.name + " by" + pem_files(" ", one.crls));
            EXPECT_EQ(openssl_says(one), one.verdict);
            if (one.by != By::OpensslAndJava) {
                EXPECT_EQ(gnutls_says(one), one.verdict);
            }
            if (one.by == By::All) {
                EXPECT_EQ(nss_says(one), nss_knows(*one.profile) ? one.verdict : "no such use");
            }
        }
        for (const ListExhibit& one : lists) {
            SCOPED_TRACE(one.name);
            EXPECT_THAT(
                run("openssl crl -noout -in " + one.name + ".pem -CAfile " + one.trusted + ".pem"),
                HasSubstr("verify OK"));
            EXPECT_THAT(run("certtool --verify-crl --load-ca-certificate " + one.trusted +
                            ".pem --infile " + one.name + ".pem"),
                        HasSubstr("Verification output: Verified"));
        }
        judge_by_java(certificates, lists);
    }

private:
    std::string openssl_says(const Exhibit& one) const {
        const std::string purpose = !one.profile->extended_usage.empty() ? "any"
                                    : is_to_sign(*one.profile)           ? "smimesign"
                                                                         : "smimeencrypt";
        const std::string extent = one.link.empty() ? "-crl_check" : "-crl_check_all";
        const std::string said = run(
            "openssl verify -x509_strict -check_ss_sig -extended_crl " + extent +
            " -explicit_policy -policy " + one.profile->policies.front() + " -purpose " + purpose +
            pem_files(" -untrusted ", {one.link}) + pem_files(" -CRLfile ", one.crls) +
            " -CAfile " + one.trusted + ".pem " + one.name + ".pem");
        return verdict_in(said, {{one.name + ".pem: OK", "good"},
                                 {"certificate revoked", "revoked"},
                                 {"different CRL scope", "unknown"},
                                 {"unable to get local issuer certificate", "stranger"}});
    }

    /// One step after the other: GnuTLS counts a link against the CA's path length of 0, which is
    /// not meant for certificates that a CA issued to itself (RFC 5280 §4.2.1.9).
    std::string gnutls_says(const Exhibit& one) const {
        EXPECT_THAT(run("certtool --certificate-info --infile " + one.name + ".pem"),
                    Not(HasSubstr("error")));
        if (one.link.empty()) {
            return gnutls_says(one, one.name, one.trusted);
        }
        const std::string said = gnutls_says(one, one.link, one.trusted);
        return said == "good" ? gnutls_says(one, one.name, one.link) : said;
    }
    std::string gnutls_says(const Exhibit& one, const std::string& name,
                            const std::string& trusted) const {
        const auto& usage = one.profile->extended_usage;
        const std::string said =
            run("cat" + pem_files(" ", {name, trusted}) + pem_files(" ", one.crls) +
                " | certtool --verify-chain --verify-profile medium" +
                (usage.empty() ? "" : " --verify-purpose " + usage.front()));
        return verdict_in(said, {{"Chain verification output: Verified.", "good"},
                                 {"The certificate chain is revoked", "revoked"},
                                 {"The certificate issuer is unknown", "stranger"}});
    }

    /// NSS judges for a use; its list has none of a registration authority or a CMP server.
    static bool nss_knows(const Profile& profile) {
        return profile.extended_usage.empty() ||
               profile.extended_usage.front() == "1.3.6.1.5.5.7.3.9";  // id-kp-OCSPSigning
    }

    std::string nss_says(const Exhibit& one) {
        const bool is_of_ocsp = !one.profile->extended_usage.empty() && nss_knows(*one.profile);
        const std::string use = is_of_ocsp ? "10" : is_to_sign(*one.profile) ? "4" : "5";  // mail
        return verdict_in(
            run("vfychain -d sql:" + nss_database(one) + " -pp -u " + use + " -o OID." +
                one.profile->policies.front() +
                " -g leaf -h testLocalInfoFirst -m crl -s forbidFetching -s failIfNoInfo -a " +
                one.name + ".pem"),
            {{"Chain is good!", "good"},
             {"has been revoked", "revoked"},
             {"Certificate type not approved for application", "no such use"}});
    }

    /// One that has the CA and its CRL.
    std::string nss_database(const Exhibit& one) {
        std::string& made = nss_databases_[one.trusted];
        if (made.empty()) {
            made = "nss" + std::to_string(nss_databases_.size());
            const std::string database = " -d sql:" + made;
            EXPECT_EQ(run("mkdir " + made + " && certutil -N --empty-password" + database +
                          " && certutil -A -n ca -t CT,C,C -i " + one.trusted + ".pem" + database +
                          " && crlutil -I -i " + one.crls.front() + ".crl" + database),
                      "");
        }
        return made;
    }

    void judge_by_java(const std::vector<Exhibit>& certificates,
                       const std::vector<ListExhibit>& lists) const {
        std::string all;
        for (const Exhibit& one : certificates) {
            all += one.profile->policies.front() + "\t" + one.trusted + ".pem\t" +
                   pem_files(" ", {one.name, one.link}) + "\t" + pem_files(" ", one.crls) + "\n";
        }
        for (const ListExhibit& one : lists) {
            all += one.trusted + ".pem\t" + one.name + ".pem\n";
        }
        write_file_durably(folder_ / "list", all, FileAccess::Everyone);
        std::istringstream said(
            run("java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC '" SEALDESK_SOURCE_DIR
                "/tests/ca/CertPathCheck.java' list"));
        std::string verdict;
        for (const Exhibit& one : certificates) {
            std::getline(said, verdict);
            EXPECT_EQ(verdict, one.verdict) << one.name << " by" << pem_files(" ", one.crls);
        }
        for (const ListExhibit& one : lists) {
            std::getline(said, verdict);
            EXPECT_EQ(verdict, "good") << one.name;
        }
        EXPECT_FALSE(std::getline(said, verdict)) << verdict;
    }

    fs::path folder_;
    std::map<std::string, std::string> nss_databases_;
};

/// A key that the CA has not seen: one modulus with a new exponent each time. Nobody needs the
/// private key.
std::string another_public_key() {
    static std::string key = crypto::KeyPair::generate_rsa(2048).public_key();
    static int count = 0;
    ++count;
    key[key.size() - 2] = static_cast<char>(count / 128);  // it ends with the exponent, 01 00 01
    key[key.size() - 1] = static_cast<char>(2 * (count % 128) + 1);
    return key;
}

/// Every field of the profile, or those that it cannot do without.
std::map<std::string, std::string> subject_of(const Profile& profile, bool is_full) {
    std::map<std::string, std::string> subject;
    for (const NameAttribute& one : profile.subject) {
        if (!one.field.empty() && (one.required || is_full)) {
            subject[one.field] = one.oid == "2.5.4.6"                ? "TW"  // country
                                 : one.type == StringType::Printable ? "24608131"
                                                                     : "測試𠮷企業有限公司";
        }
    }
    for (const DirectoryAttribute& one : profile.directory_attributes) {
        if (!one.field.empty() && is_full) {
            subject[one.field] = "primary";
        }
    }
    const auto& extensions = profile.extensions;
    if (is_full &&
        std::ranges::find(extensions, ExtensionKind::AlternativeName) != extensions.end()) {
        subject["email"] = "ra@example.test";
    }
    return subject;
}

class ValidatorsTest : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        clock().set(SystemClock().now() - 3h);  // certtool knows no other time
        for (const char* program : {"openssl", "certtool", "vfychain", "java"}) {
            ASSERT_NE(run(std::string("command -v ") + program), "")
                << program << ": install what tests/packages.txt names";
        }
    }

    [[nodiscard]] Judges& judges() { return judges_; }
    std::string run(const std::string& command) { return judges_.run(command); }

    void write(const std::string& name, const crypto::Certificate& certificate) {
        write_file_durably(folder() / (name + ".pem"), certificate.pem(), FileAccess::Everyone);
    }

    [[nodiscard]] std::vector<CaFiles> keys(const std::string& place) const {
        return ca_generations(folder() / place, {});
    }

    /// Opens the newest key of a CA in a folder of its own, and makes the CA if there is none.
    std::unique_ptr<LocalCa> open_ca(const std::string& place, Profiles profiles) {
        const CaFiles files = keys(place).back();
        if (!fs::exists(files.certificate)) {
            EXPECT_EQ(
                code_of(init_demo_ca(files, test_passphrase(), profiles, clock().now(), random())),
                "ok");
        }
        profiles.publication = publication_of(profiles.publication, files.generation);
        return open_quickly(db(), files, profiles);
    }

    /// Ordered and issued; its file has this name.
    IssuedCertificate certificate(LocalCa& ca, const std::string& name, const Profile& profile,
                                  bool is_full = true,
                                  const std::string& public_key = another_public_key()) {
        Order order;
        order.key = name;
        order.subscriber = "subscriber";
        order.profile = profile.name;
        order.subject = subject_of(profile, is_full);
        order.public_key = public_key;
        order.approval_sha256 = kApproval;
        auto issued = ca.issue(order);
        EXPECT_EQ(code_of(issued), "ok") << name;
        write(name, crypto::Certificate::parse(issued->der).value());
        return *std::move(issued);
    }

    void change(LocalCa& ca, StatusChange kind, const IssuedCertificate& one) {
        const StatusOrder order{
            std::string(to_text(kind)) + " " + one.serial, one.serial, Reason::KeyCompromise,
            std::string(kApproval),
            kind == StatusChange::Revoke ? std::optional(clock().now() - 1h) : std::nullopt};
        EXPECT_EQ(code_of(ca.change(kind, order)), "ok");
    }

    /// Issues the CRLs, with a PEM file beside each.
    std::vector<ListExhibit> issue_crls(LocalCa& ca, const std::string& trusted) {
        const auto issued = ca.issue_crl();
        EXPECT_EQ(code_of(issued), "ok");
        std::vector<ListExhibit> lists;
        for (const auto& file : fs::directory_iterator(issued->file.parent_path())) {
            if (file.path().extension() == ".crl") {
                const fs::path name = fs::relative(file.path(), folder()).replace_extension();
                lists.push_back({name.string(), trusted});
                run("openssl crl -inform DER -in " + name.string() + ".crl -out " + name.string() +
                    ".pem");
            }
        }
        return lists;
    }

private:
    Judges judges_{folder()};
};

/// By scheme.
std::map<std::string, Profiles> profiles_of_every_scheme() {
    std::map<std::string, Profiles> all;
    for (const auto& entry : fs::directory_iterator(kForms)) {
        const fs::path file = entry.path() / "profiles.yaml";
        if (fs::exists(file)) {
            all.emplace(entry.path().filename().string(),
                        read_profiles(file, kForms / "schema/profiles.schema.json").value());
        }
    }
    return all;
}

TEST_P(ValidatorsTest, ACertificateOfEveryProfileIsGoodUntilTheCrlHasIt) {
    const auto schemes = profiles_of_every_scheme();
    ASSERT_GE(schemes.size(), 2U);
    std::vector<Exhibit> certificates;
    std::vector<ListExhibit> lists;
    for (const auto& [scheme, profiles] : schemes) {
        const std::string trusted = scheme + "/ca";
        const auto ca = open_ca(scheme, profiles);
        const std::string crl_name = scheme + "/crl/complete";
        const auto show = [&](const std::string& name, const Profile& profile, bool is_good) {
            certificates.push_back(
                {name, trusted, {crl_name}, &profile, is_good ? "good" : "revoked"});
        };
        int count = 0;
        for (const Profile& profile : profiles.profiles) {
            ASSERT_FALSE(profile.policies.empty()) << profile.name;
            const std::string name = scheme + "/" + profile.name;
            certificate(*ca, name, profile);
            show(name, profile, true);
            if (subject_of(profile, false) != subject_of(profile, true)) {
                certificate(*ca, name + "-bare", profile, false);
                show(name + "-bare", profile, true);
            }
            if (profile.elliptic_keys) {
                certificate(*ca, name + "-elliptic", profile, true,
                            crypto::KeyPair::generate_p256().public_key());
                show(name + "-elliptic", profile, true);
            }
            const auto ended = certificate(*ca, name + "-ended", profile);
            change(*ca, ++count % 2 == 0 ? StatusChange::Hold : StatusChange::Revoke, ended);
            show(name + "-ended", profile, false);
        }
        std::ranges::move(issue_crls(*ca, trusted), std::back_inserter(lists));
    }
    judges().judge(certificates, lists);
}

// RFC 5280 §5.2.4, §5.2.5; the delta is used in crl_kinds_test.cpp.
TEST_P(ValidatorsTest, PartitionsAndDeltasAreSoundAndTheCompleteCrlIsEnoughBesideThem) {
    Profiles profiles = test_profiles();
    profiles.publication.crl_partitions = 2;
    profiles.publication.crl_partition = "http://ca.example.test/repository/partition-{number}.crl";
    profiles.publication.delta_crl = "http://ca.example.test/repository/delta.crl";
    const auto ca = open_ca("house", profiles);
    std::vector<std::pair<IssuedCertificate, bool>> made;  // and whether it is good
    for (int i = 0; i < 8; ++i) {
        made.emplace_back(certificate(*ca, "house/" + std::to_string(i), profiles.profiles.front()),
                          i % 4 < 2);
    }
    change(*ca, StatusChange::Hold, made[0].first);
    change(*ca, StatusChange::Revoke, made[2].first);
    change(*ca, StatusChange::Hold, made[3].first);
    issue_crls(*ca, "house/ca");
    clock().advance(1h);
    change(*ca, StatusChange::Release, made[0].first);
    change(*ca, StatusChange::Revoke, made[6].first);
    change(*ca, StatusChange::Hold, made[7].first);
    const auto lists = issue_crls(*ca, "house/ca");
    ASSERT_EQ(lists.size(), 2U * 4U + 3U + 1U);  // numbered and newest, of two partitions and delta

    std::vector<Exhibit> certificates;
    for (const auto& [one, is_good] : made) {
        const std::string name = "house/" + std::to_string(certificates.size() / 3);
        const int own = partition_of(profiles.publication, one.der);
        const auto show = [&](const std::string& crl, const std::string& verdict) {
            certificates.push_back({name,
                                    "house/ca",
                                    {"house/crl/" + crl},
                                    &profiles.profiles.front(),
                                    verdict,
                                    crl == "complete" ? By::All : By::OpensslAndJava});
        };
        show("complete", is_good ? "good" : "revoked");
        show("partition-" + std::to_string(own), is_good ? "good" : "revoked");
        show("partition-" + std::to_string(3 - own), "unknown");
    }
    judges().judge(certificates, lists);
}

// M 4.7, RFC 4210 §4.4: whoever trusts one key comes to the certificates of the other.
TEST_P(ValidatorsTest, EachKeyOfACaLeadsToCertificatesOfTheOther) {
    const Profiles profiles = test_profiles();
    const Profile& profile = profiles.profiles.front();
    const auto former = open_ca("house", profiles);
    certificate(*former, "old", profile);
    const auto old_ended = certificate(*former, "old-ended", profile);
    const auto rekeyed = rekey(db(), keys("house").back(), {test_passphrase(), {}, {}}, profiles,
                               [&](const CaFiles& files, const NewCaWitness& witness) -> Outcome {
                                   const auto made =
                                       init_demo_ca(files, test_passphrase(), profiles,
                                                    clock().now(), random(), witness);
                                   return made ? done() : made.error();
                               });
    ASSERT_EQ(code_of(rekeyed), "ok");
    write("new-with-old", rekeyed->new_with_old);
    write("old-with-new", rekeyed->old_with_new);
    const auto present = open_ca("house", profiles);
    certificate(*present, "new", profile);
    const auto new_ended = certificate(*present, "new-ended", profile);
    change(*former, StatusChange::Revoke, old_ended);
    change(*present, StatusChange::Revoke, new_ended);
    std::vector<ListExhibit> lists = issue_crls(*former, "house/ca");
    std::ranges::move(issue_crls(*present, "house/2/ca"), std::back_inserter(lists));

    // Each CRL speaks for the CA: whichever a relying party takes.
    std::vector<Exhibit> certificates;
    const std::string old_crl = "house/crl/complete";
    const std::string new_crl = "house/2/crl/complete";
    const auto show_linked = [&](const std::vector<std::string>& crls, const std::string& end,
                                 const std::string& verdict) {
        for (const auto& [name, trusted, link] : {std::array{"old", "house/2/ca", "old-with-new"},
                                                  {"new", "house/ca", "new-with-old"}}) {
            certificates.push_back(
                {name + end, trusted, crls, &profile, verdict, By::AllButNss, link});
        }
    };
    for (const auto& [end, verdict] : {std::pair("", "good"), {"-ended", "revoked"}}) {
        certificates.push_back(
            {std::string("old") + end, "house/ca", {old_crl}, &profile, verdict});
        certificates.push_back(
            {std::string("new") + end, "house/2/ca", {new_crl}, &profile, verdict});
        show_linked({old_crl, new_crl}, end, verdict);
        show_linked({new_crl, old_crl}, end, verdict);
    }
    for (const auto& [name, trusted] : {std::pair("old", "house/2/ca"), {"new", "house/ca"}}) {
        certificates.push_back(
            {name, trusted, {old_crl, new_crl}, &profile, "stranger", By::AllButNss});
    }
    judges().judge(certificates, lists);
}

// M 7.1: X.509 v3 with the extensions of the profile.
TEST_P(ValidatorsTest, OpensslShowsTheExtensionsOfTheProfileInTheirOrder) {
    const Profiles profiles = test_profiles();
    certificate(*open_ca("house", profiles), "good", *profiles.find("tipo-software"));
    const std::string text = run("openssl x509 -in good.pem -noout -text -nameopt utf8");
    std::size_t at = 0;
    for (const char* expected :
         {"Version: 3", "sha256WithRSAEncryption", "X509v3 Authority Key Identifier",
          "X509v3 Subject Key Identifier", "X509v3 Key Usage: critical",
          "Digital Signature, Key Encipherment\n", "Policy: 2.16.886.101.0.3.0\n",
          "email:ra@example.test",
          "URI:http://ca.tipo-ra.example.test/repository/tipo/complete.crl",
          "CA Issuers - URI:http://ca.tipo-ra.example.test/repository/tipo/ca.crt"}) {
        const auto found = text.find(expected, at);
        ASSERT_NE(found, std::string::npos) << expected << "\n" << text;
        at = found;
    }
    EXPECT_THAT(text, Not(HasSubstr("CA:TRUE")));
    const std::string authority = run("openssl x509 -in house/ca.pem -noout -text -nameopt utf8");
    EXPECT_THAT(authority, HasSubstr("CA:TRUE, pathlen:0"));
    EXPECT_THAT(authority, HasSubstr("Certificate Sign, CRL Sign"));
}

INSTANTIATE_TEST_SUITE_P(Once, ValidatorsTest, ::testing::Values("sqlite"),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace sealdesk::ca
