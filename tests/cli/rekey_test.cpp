// A new key for the CA, through the program and its service.
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
using ::testing::UnorderedElementsAre;

class CaRekey : public ::testing::Test {
protected:
    CaRekey()
        : desk_(folder_.path() / "desk", test::fresh_database("sqlite", folder_).url,
                "  host: localhost\n  port: 1\n  tls: none\n") {}

    test::Ran ca(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "ca");
        arguments.insert(arguments.end(), {"--scheme", "tipo"});
        return desk_.run(arguments);
    }

    static std::vector<std::string> authorities(const test::Ran& ran, const char* list) {
        std::vector<std::string> names;
        const auto line = ran.lines().at(0);
        for (const auto& one : line.at(list)) {
            names.push_back(one.at("authority"));
        }
        return names;
    }

    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder_.path().string() + "' && " + command).output;
    }

    /// A certificate by CMP as a registered RA orders it.
    static std::string enrol(const std::string& name, const std::string& authority) {
        return "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out " + name +
               ".key\nopenssl cmp -server 127.0.0.1:$port -path cmp/tipo -cert ra.pem -key ra.key "
               "-trusted " +
               authority + " -implicit_confirm -cmd ir -newkey " + name +
               ".key -popo 0 -subject '/C=TW/CN=" + name + "/serialNumber=A123456789' -certout " +
               name + ".pem\n";
    }

    std::string while_serving(const std::string& commands) {
        write_file_durably(
            folder_.path() / "serve.sh",
            SEALDESK_PROGRAM
                " --desk desk --json ca serve --sign --scheme tipo --listen "
                "127.0.0.1:0 > url 2> trouble &\n"
                "server=$!\n"
                "for i in $(seq 300); do grep -q http url && break; sleep 0.1; done\n"
                "url=$(sed 's/.*\"url\":\"\\([^\"]*\\)\".*/\\1/' url)\n"
                "port=${url##*:}\n" +
                commands + "\nkill $server\nwait $server\necho \"server ended $?\"\ncat trouble\n",
            FileAccess::Owner);
        return run("bash serve.sh 2>&1");
    }

    test::TempFolder folder_;
    test::ProgramDesk desk_;
};

// M 4.7, M 4.4.12
TEST_F(CaRekey, BothKeysAnswerForTheirCertificates) {
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ra.key -subj /CN=north -days 30 "
        "-out ra.pem");
    const auto service_keys = [&] {
        return desk_.run_as("amy", {"ca", "service-keys", "--scheme", "tipo"}).status;
    };
    ASSERT_EQ(service_keys(), 0);
    ASSERT_EQ(desk_
                  .run_as("amy", {"ca", "ra", "add", "--scheme", "tipo", "--name", "north",
                                  "--certificate", (folder_.path() / "ra.pem").string()})
                  .status,
              0);
    EXPECT_THAT(while_serving(enrol("old", "desk/ca/tipo/ca.pem")), HasSubstr("server ended 0"));

    const auto rekeyed = ca({"rekey"}).lines().at(0);
    ASSERT_FALSE(rekeyed.contains("error")) << rekeyed;
    EXPECT_EQ(rekeyed.at("generation"), 2);
    ASSERT_EQ(service_keys(), 0);
    EXPECT_THAT(authorities(desk_.run({"run", "crl"}), "crls_issued"),
                UnorderedElementsAre("tipo", "tipo/2", "moea"));
    EXPECT_THAT(authorities(desk_.run({"report", "day"}), "crls"),
                UnorderedElementsAre("tipo", "tipo/2", "moea"));
    ASSERT_EQ(ca({"crl"}).lines().size(), 2U);

    const std::string ask = "openssl ocsp -no_nonce -url $url/ocsp/tipo -issuer ";
    const std::string all = while_serving(
        enrol("new", "desk/ca/tipo/2/ca.pem") + ask +
        "desk/ca/tipo/ca.pem -CAfile desk/ca/tipo/ca.pem -cert old.pem\n" + ask +
        "desk/ca/tipo/2/ca.pem -CAfile desk/ca/tipo/2/ca.pem -cert new.pem\n"
        "openssl cmp -server 127.0.0.1:$port -path cmp/tipo -cert ra.pem -key ra.key -trusted "
        "desk/ca/tipo/2/ca.pem -implicit_confirm -cmd rr -oldcert old.pem -revreason 1\n" +
        ask +
        "desk/ca/tipo/ca.pem -CAfile desk/ca/tipo/ca.pem -cert old.pem\n"
        "curl -s $url/repository/tipo/complete.crl -o old.crl\n"
        "curl -s $url/repository/tipo/2/complete.crl -o new.crl\n"
        "curl -s $url/repository/tipo/2/new-with-old.crt | openssl x509 -inform DER -out nwo.pem\n"
        "curl -s $url/repository/tipo/2/old-with-new.crt | openssl x509 -inform DER -out own.pem\n"
        "curl -s -o missing -w '%{http_code}' $url/repository/tipo/3/complete.crl\n");
    EXPECT_THAT(
        all, AllOf(HasSubstr("old.pem: good"), HasSubstr("new.pem: good"),
                   HasSubstr("old.pem: revoked"), HasSubstr("404"), HasSubstr("server ended 0")));
    EXPECT_THAT(run("openssl crl -inform DER -in old.crl -CAfile desk/ca/tipo/ca.pem -noout"),
                HasSubstr("verify OK"));
    EXPECT_THAT(run("openssl crl -inform DER -in new.crl -CAfile desk/ca/tipo/2/ca.pem -noout"),
                HasSubstr("verify OK"));
    EXPECT_THAT(run("openssl verify -x509_strict -CAfile desk/ca/tipo/ca.pem -untrusted nwo.pem "
                    "new.pem"),
                HasSubstr("new.pem: OK"));
    EXPECT_THAT(run("openssl verify -x509_strict -CAfile desk/ca/tipo/2/ca.pem -untrusted own.pem "
                    "old.pem"),
                HasSubstr("old.pem: OK"));
    EXPECT_EQ(desk_.run({"audit", "verify"}).status, 0);
}

TEST_F(CaRekey, DoctorAndTheDayReportSayWhenItIsDue) {  // M 4.7
    const auto seen = [&] {
        std::string text;
        for (const auto& line : desk_.run({"doctor"}).lines()) {
            if (line.at("subject") == "CA keys") {
                text = line.at("healthy").dump();
            }
        }
        return text + " " + desk_.run({"report", "day"}).lines().at(0).at("ca_keys_due").dump();
    };
    EXPECT_EQ(seen(), "true []");
    desk_.set_clock_ahead(3652 - 50);  // ten years less two months, and a bit
    EXPECT_THAT(seen(), AllOf(HasSubstr("false"), HasSubstr("tipo"), HasSubstr("moea")));
}

}  // namespace
}  // namespace sealdesk::cli
