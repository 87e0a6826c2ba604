// The signing module as a service: another program enrols by CMP, another desk orders by HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNoMail = "  host: localhost\n  port: 1\n  tls: none\n";

class CaService : public ::testing::Test {
protected:
    CaService() : desk_(at("desk"), test::fresh_database("sqlite", folder_).url, kNoMail) {
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ra.key -subj /CN=north -days 30 "
            "-out ra.pem");
        run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out u.key");
    }

    fs::path at(const std::string& name) const { return folder_.path() / name; }

    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder_.path().string() + "' && " + command).output;
    }

    /// Runs shell commands while `sealdesk ca serve` is up; $url and $port say where.
    std::string while_serving(const std::string& options, const std::string& commands) {
        write_file_durably(
            at("serve.sh"),
            SEALDESK_PROGRAM " --desk desk --json ca serve --listen 127.0.0.1:0 " + options +
                " > url 2> trouble &\n"
                "server=$!\n"
                "for i in $(seq 300); do grep -q http url && break; sleep 0.1; done\n"
                "url=$(sed 's/.*\"url\":\"\\([^\"]*\\)\".*/\\1/' url)\n"
                "port=${url##*:}\n" +
                commands +
                "\nkill $server\n"
                "wait $server\n"
                "echo \"server ended $?\"\ncat trouble\n",
            FileAccess::Owner);
        return run("bash serve.sh 2>&1");
    }

    const std::string cmp_ =
        "openssl cmp -server 127.0.0.1:$port -path cmp/tipo -cert ra.pem "
        "-key ra.key -trusted desk/ca/tipo/ca.pem -implicit_confirm ";

    test::TempFolder folder_;
    test::ProgramDesk desk_;
};

// M 4.4.12
TEST_F(CaService, OpensslEnrolsHoldsReleasesAndRevokesByCmpAndSeesItByOcsp) {
    ASSERT_EQ(desk_.run_as("amy", {"ca", "service-keys", "--scheme", "tipo"}).status, 0);
    ASSERT_EQ(desk_
                  .run_as("amy", {"ca", "ra", "add", "--scheme", "tipo", "--name", "north",
                                  "--certificate", at("ra.pem").string()})
                  .status,
              0);
    const std::string ask =
        "openssl ocsp -no_nonce -url $url/ocsp/tipo -issuer "
        "desk/ca/tipo/ca.pem -CAfile desk/ca/tipo/ca.pem -cert u.pem";
    const std::string all = while_serving(
        "--sign", cmp_ +
                      "-cmd ir -newkey u.key -popo 0 -subject "
                      "'/C=TW/CN=\xe7\x94\xb2/serialNumber=A123456789' -certout u.pem\n" +
                      ask + "\n" + cmp_ + "-cmd rr -oldcert u.pem -revreason 6\n" + ask + "\n" +
                      cmp_ + "-cmd rr -oldcert u.pem -revreason 8\n" + ask + "\n" + cmp_ +
                      "-cmd rr -oldcert u.pem -revreason 1\n" + ask);
    EXPECT_THAT(all, AllOf(HasSubstr("u.pem: good"), HasSubstr("certificateHold"),
                           HasSubstr("keyCompromise"), HasSubstr("server ended 0")));
    EXPECT_THAT(run("openssl verify -x509_strict -CAfile desk/ca/tipo/ca.pem u.pem"),
                HasSubstr("u.pem: OK"));
}

TEST_F(CaService, AKeyOfTheListIsRefused) {
    ASSERT_EQ(desk_.run_as("amy", {"ca", "service-keys", "--scheme", "tipo"}).status, 0);
    desk_.run_as("amy", {"ca", "ra", "add", "--scheme", "tipo", "--name", "north", "--certificate",
                         at("ra.pem").string()});
    run("sed -i 's|^ca:|ca:\\n  weak_keys: weak|' desk/sealdesk.yaml && mkdir desk/weak");
    const auto without = desk_.run({"ca", "crl", "--scheme", "tipo"});
    EXPECT_EQ(without.status, 1);
    EXPECT_EQ(without.lines().at(0).at("error").at("code"), "ca.no_key_list");
    run("openssl rsa -in u.key -noout -modulus | sha1sum | cut -c 21-40 > "
        "desk/weak/blacklist.RSA-2048");
    const std::string enrol = cmp_ +
                              "-cmd ir -popo 0 -subject "
                              "'/C=TW/CN=x/serialNumber=A123456789' ";
    const std::string all =
        while_serving("--sign", enrol + "-newkey u.key -certout u.pem\n" + enrol +
                                    "-newkey ra.key -certout other.pem\n");
    EXPECT_THAT(all, HasSubstr("ca.listed_key"));
    EXPECT_FALSE(fs::exists(at("u.pem")));
    EXPECT_TRUE(fs::exists(at("other.pem"))) << all;
}

TEST_F(CaService, AnRaIsDismissedByTheBeginningOfItsFingerprint) {
    const auto ra = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"ca", "ra"});
        arguments.insert(arguments.end(), {"--scheme", "tipo"});
        return desk_.run_as("amy", arguments);
    };
    ASSERT_EQ(ra({"add", "--name", "north", "--certificate", at("ra.pem").string()}).status, 0);
    const std::string fingerprint = ra({"list"}).lines().at(0).at("certificate_sha256");
    EXPECT_EQ(ra({"dismiss", fingerprint.substr(0, 4)}).lines().at(0).at("error").at("code"),
              "ca.unknown_ra");
    EXPECT_EQ(ra({"dismiss", fingerprint.substr(0, 8)}).status, 0);
    EXPECT_NE(ra({"list"}).lines().at(0).at("until"), "");
    const auto by_ben = desk_.run_as("ben", {"ca", "ra", "add", "--scheme", "tipo", "--name", "x",
                                             "--certificate", at("ra.pem").string()});
    EXPECT_EQ(by_ben.status, 1) << "an officer is no administrator";
}

TEST_F(CaService, AnUnregisteredRaGetsNothing) {
    ASSERT_EQ(desk_.run_as("amy", {"ca", "service-keys", "--scheme", "tipo"}).status, 0);
    while_serving("--sign", cmp_ +
                                "-cmd ir -newkey u.key -popo 0 -subject "
                                "'/C=TW/CN=x/serialNumber=A123456789' -certout u.pem");
    EXPECT_FALSE(fs::exists(at("u.pem")));
}

TEST_F(CaService, WithoutSignThereAreNoOrders) {
    const std::string all = while_serving("",
                                          "python3 -c \"import urllib.request as r, sys\n"
                                          "try: r.urlopen(r.Request('$url/orders/tipo', b'{}'))\n"
                                          "except Exception as e: print(e)\"");
    EXPECT_THAT(all, AllOf(HasSubstr("404"), HasSubstr("server ended 0")));
}

// M 1.3.2: the RA's process never holds the CA's key; orders travel by TLS, verified.
TEST_F(CaService, AnotherDeskOrdersWithItsOwnKey) {
    const test::ProgramDesk north(at("north"), "sqlite:" + at("north.db").string(), kNoMail);
    for (const char* file : {"ca.key", "crl"}) {
        fs::remove_all(at("north/ca/tipo") / file);
    }
    fs::copy_file(at("desk/ca/tipo/ca.pem"), at("north/ca/tipo/ca.pem"),
                  fs::copy_options::overwrite_existing);
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost -days 30 -out tls.pem && "
        "sed -i 's|^ca:|ca:\\n  url: URL\\n  url_ca_file: ../tls.pem|' north/sealdesk.yaml");
    const std::string sealdesk = SEALDESK_PROGRAM;
    const std::string order = sealdesk +
                              " --desk north --json --as amy ca service-keys --scheme "
                              "tipo; echo \"ordered $?\"\n";
    const std::string all = while_serving(
        "--sign --tls-certificate tls.pem --tls-key tls.key",
        "sed -i \"s|URL|https://localhost:$port|\" north/sealdesk.yaml\n" + order + sealdesk +
            " --desk north --as amy ca ra key --scheme tipo > north.pem\n" + order + sealdesk +
            " --desk desk --as amy ca ra add --scheme tipo --name north --certificate "
            "north.pem\n" +
            order + "sed -i 's|localhost|127.0.0.1|' north/sealdesk.yaml\n" + order);
    EXPECT_THAT(all, AllOf(HasSubstr("ca.no_ra_key"), HasSubstr("cms.unknown_signer"),
                           HasSubstr("ordered 0"), HasSubstr("server ended 0")));
    EXPECT_THAT(all, AllOf(HasSubstr("http.no_answer"), HasSubstr("ordered 3")))
        << "a server whose certificate names another host";
    EXPECT_TRUE(fs::exists(at("north/ca/tipo/ocsp.p12")));
}

}  // namespace
}  // namespace sealdesk::cli
