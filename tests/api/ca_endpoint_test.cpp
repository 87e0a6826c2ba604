// The public side of the signing module by HTTP, asked by programs that are not ours.
#include "api/ca_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "ca/service_key.h"
#include "support/command.h"

namespace sealdesk::api {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CaEndpointTest : public ca::WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        clock().set(SystemClock().now());
        good_ = issued("order:0", 0);
        write("good.pem", crypto::Certificate::parse(good_.der)->pem());
        write("ca.pem", ca().certificate().pem());
        ASSERT_TRUE(ca::make_service_key(ca(), {ca::kOcspProfile, "OCSP 1", folder() / "ocsp.p12"},
                                         std::string(ca::kApproval), passphrase_));
        ASSERT_TRUE(ca().issue_crl());
        service_ = std::make_unique<HttpService>(HttpOptions{}, [this] {
            return std::make_unique<CaEndpoint>(
                another_connection(), clock(), random(),
                [this](store::Database& database) { return offered(database); });
        });
        url_ = "http://127.0.0.1:" + std::to_string(service_->port());
    }
    void TearDown() override {
        service_.reset();
        WithCa::TearDown();
    }

    std::vector<OfferedCa> offered(store::Database& database) {
        auto key = ca::load_service_key(folder() / "ocsp.p12", passphrase_);
        auto responder = ca::OcspResponder::open(database, ca().certificate(), std::move(key->key),
                                                 key->certificate);
        EXPECT_TRUE(responder);
        std::vector<OfferedCa> all;
        all.push_back({"tipo", ca().certificate(), folder() / "crl", *std::move(responder), {}});
        return all;
    }

    void write(const std::string& name, const std::string& bytes) {
        write_file_durably(folder() / name, bytes, FileAccess::Everyone);
    }
    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder().string() + "' && " + command).output;
    }
    /// What python's own client gets: status, headers, length of the body.
    std::string fetched(const std::string& path, const std::string& method = "GET") {
        write("fetch.py",
              "import sys, http.client\n"
              "c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))\n"
              "c.request(sys.argv[2], sys.argv[3])\n"
              "r = c.getresponse()\n"
              "body = r.read()\n"
              "open('body', 'wb').write(body)\n"
              "print(r.status, r.headers, len(body))\n");
        return run("python3 fetch.py " + std::to_string(service_->port()) + " " + method + " '" +
                   path + "'");
    }

    Secret passphrase_{"ocsp of the test"};
    ca::IssuedCertificate good_;
    std::unique_ptr<HttpService> service_;
    std::string url_;
};

// M 4.4.12
TEST_P(CaEndpointTest, OpensslAndGnutlsAskByPost) {
    EXPECT_THAT(run("openssl ocsp -url " + url_ +
                    "/ocsp/tipo -issuer ca.pem -CAfile ca.pem -cert good.pem"),
                AllOf(HasSubstr("Response verify OK"), HasSubstr("good.pem: good")));
    EXPECT_THAT(run("ocsptool --ask=" + url_ +
                    "/ocsp/tipo --load-cert good.pem --load-issuer ca.pem --load-trust ca.pem "
                    "--outfile answer.der 2>&1"),
                HasSubstr("Success"));
    ASSERT_TRUE(ca().revoke(status_order("s:0", good_)));
    EXPECT_THAT(run("openssl ocsp -no_nonce -url " + url_ +
                    "/ocsp/tipo -issuer ca.pem -CAfile ca.pem -cert good.pem"),
                HasSubstr("good.pem: revoked"));
}

// RFC 5019 §5 and §6
TEST_P(CaEndpointTest, ACacheAsksByGetAndIsToldHowLongToKeepTheAnswer) {
    run("openssl ocsp -issuer ca.pem -cert good.pem -no_nonce -reqout request.der");
    const std::string encoded =
        run("openssl base64 -A -in request.der | sed 's|/|%2F|g;s|+|%2B|g'");
    const std::string head = fetched("/ocsp/tipo/" + encoded);
    EXPECT_THAT(head,
                AllOf(HasSubstr("200 "), HasSubstr("application/ocsp-response"),
                      HasSubstr("Last-Modified: "), HasSubstr("ETag: "), HasSubstr("max-age=43")));
    EXPECT_THAT(run("openssl ocsp -issuer ca.pem -CAfile ca.pem -respin body -cert good.pem "
                    "-no_nonce"),
                HasSubstr("good.pem: good"));
    EXPECT_THAT(fetched("/ocsp/tipo/%21%21"), AllOf(HasSubstr("200 "), HasSubstr("no-store")));
    EXPECT_THAT(run("openssl ocsp -respin body -noverify"), HasSubstr("malformedrequest"));
}

// M 2.6.2: the CRL is published.
TEST_P(CaEndpointTest, TheCrlAndTheCasCertificateAreThere) {
    EXPECT_THAT(fetched("/repository/tipo/complete.crl"),
                AllOf(HasSubstr("200 "), HasSubstr("application/pkix-crl")));
    EXPECT_THAT(run("openssl crl -inform DER -in body -CAfile ca.pem -noout"),
                HasSubstr("verify OK"));
    EXPECT_THAT(fetched("/repository/tipo/crl-1.crl"), HasSubstr("200 "));
    EXPECT_THAT(fetched("/repository/tipo/ca.crt"), HasSubstr("application/pkix-cert"));
    EXPECT_EQ(run("openssl x509 -inform DER -in body"), run("openssl x509 -in ca.pem"));
    EXPECT_THAT(fetched("/repository/tipo/ca.crt", "HEAD"), HasSubstr("200 "));
}

TEST_P(CaEndpointTest, PartitionsAndDeltasAreThereUnderTheirNamesOnly) {
    for (const char* name :
         {"delta.crl", "delta-2.crl", "partition-12.crl", "partition-12-2.crl"}) {
        EXPECT_THAT(fetched("/repository/tipo/" + std::string(name)), HasSubstr("404 "));
        write("crl/" + std::string(name), "a CRL");
        EXPECT_THAT(fetched("/repository/tipo/" + std::string(name)),
                    AllOf(HasSubstr("200 "), HasSubstr("application/pkix-crl")));
    }
    for (const char* name : {"crl.crl", "complete-1.crl", "partition.crl", "partition-1-2-3.crl",
                             "delta-1-2.crl", "delta-.crl", ".crl", "partition-1.crl.part"}) {
        write("crl/" + std::string(name), "no CRL");
        EXPECT_THAT(fetched("/repository/tipo/" + std::string(name)), HasSubstr("404 ")) << name;
    }
}

TEST_P(CaEndpointTest, NothingElseIsThere) {
    for (const char* path : {"/", "/ocsp", "/ocsp/other", "/repository/tipo/", "/repository/tipo/x",
                             "/repository/tipo/../good.pem", "/repository/tipo/crl-1.crl/../../x",
                             "/repository/tipo/%2e%2e%2fgood.pem", "/repository/tipo/crl-.crl"}) {
        EXPECT_THAT(fetched(path), HasSubstr("404 ")) << path;
    }
    EXPECT_THAT(fetched("/repository/tipo/ca.crt", "DELETE"), HasSubstr("405 "));
    EXPECT_THAT(fetched("/repository/tipo/ca.crt", "POST"), HasSubstr("405 "));
    EXPECT_THAT(fetched("/ocsp/tipo", "POST"), HasSubstr("415 "));
}

TEST_P(CaEndpointTest, ALongBodyIsRefused) {
    write("long.py",
          "import http.client\n"
          "c = http.client.HTTPConnection('127.0.0.1', " +
              std::to_string(service_->port()) +
              ")\n"
              "c.request('POST', '/ocsp/tipo', b'0' * 1100000, "
              "{'Content-Type': 'application/ocsp-request'})\n"
              "print(c.getresponse().status)\n");
    EXPECT_EQ(run("python3 long.py"), "413\n");
}

SEALDESK_ON_EVERY_BACKEND(CaEndpointTest);

TEST(HttpServiceTest, TheTimeIsWrittenAsHttpWantsIt) {
    EXPECT_EQ(http_date(from_stored(1'795'137'300'000'000)), "Fri, 20 Nov 2026 01:15:00 GMT");
}

TEST(HttpServiceTest, AnAddressThatIsTakenIsSaid) {
    class Nothing : public Endpoint {
        HttpResponse answer(const HttpRequest&) override { return {}; }
    };
    const HttpService first({}, [] { return std::make_unique<Nothing>(); });
    HttpOptions same;
    same.port = first.port();
    try {
        const HttpService second(same, [] { return std::make_unique<Nothing>(); });
        FAIL() << "two servers on one port";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "http.no_port");
    }
}

}  // namespace
}  // namespace sealdesk::api
