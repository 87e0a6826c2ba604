// The repository as a desk runs it: published by `sealdesk run`, killed at every point, looked up
// by curl at `sealdesk ca serve`, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/durable_file.h"
#include "subscribers/acceptance.h"
#include "subscribers/certificate.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RepositoryProgram : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        clock().set(SystemClock().now());
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
        sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem "
           "-utf8 -subj '/C=TW/O=好茶<b>有限公司/serialNumber=24608131' -days 30 -outform DER -out "
           "c.der");
    }

    std::string sh(const std::string& command) {
        return test::run_command("cd '" + folder().string() + "' && " + command).output;
    }

    std::string accept(int id) {
        std::string serial = "0c" + std::to_string(100000 + id);
        const std::string der = read_file(folder() / "c.der");
        store::transact(db(), "test.accept", [&](store::Tx& tx) {
            subscribers::keep_certificate(
                tx, {CertificateId{id}, SubscriberId{1}, RequestId{1}, serial, "tipo", "p", serial,
                     der, tx.now(), tx.now() + std::chrono::days(365)});
            subscribers::accept_certificate(tx, CertificateId{id}, "subscriber");
            const nlohmann::json facts{
                {"serial", serial}, {"scheme", "tipo"}, {"profile", "p"}, {"applicant", ""}};
            audit::append(tx, {"certificate.kept", "test", "request:R1", facts});
            audit::append(tx, {"certificate.accepted", "test", "certificate:" + serial, facts});
        });
        return serial;
    }
    std::filesystem::path file_of(const std::string& serial) const {
        return folder() / "desk/repository/tipo/certificates" / (serial + ".crt");
    }
    std::int64_t count(const std::string& sql) {
        return connection().query(sql, {}).front().number(0);
    }

    /// Runs shell commands while `sealdesk ca serve` is up; $url says where.
    std::string while_serving(const std::string& commands) {
        write_file_durably(
            folder() / "serve.sh",
            SEALDESK_PROGRAM
                " --desk desk --json ca serve --scheme tipo --listen 127.0.0.1:0 "
                "> url 2> trouble &\n"
                "server=$!\n"
                "for i in $(seq 600); do grep -q http url && break; sleep 0.1; done\n"
                "url=$(sed 's/.*\"url\":\"\\([^\"]*\\)\".*/\\1/' url)/repository/tipo\n" +
                commands + "\nkill $server\nwait $server\ncat trouble\n",
            FileAccess::Owner);
        return sh("bash serve.sh 2>&1");
    }

    std::unique_ptr<test::ProgramDesk> desk_;
};

// M 4.3: accepted, so published, once.
TEST_P(RepositoryProgram, KilledAtEveryPointItPublishesOnceAndWhole) {
    int id = 0;
    for (const char* point : {"effect.publish-read.before-commit",
                              "effect.publish-read.after-commit", "effect.publish.file-written",
                              "effect.publish.before-commit", "effect.publish.after-commit"}) {
        const std::string serial = accept(++id);
        EXPECT_TRUE(
            desk_->run({"run", "effects"}, {{"SEALDESK_CRASH", std::string(point) + ":1"}}).killed)
            << point;
        if (std::filesystem::exists(file_of(serial))) {
            EXPECT_EQ(read_file(file_of(serial)), read_file(folder() / "c.der")) << point;
        }
        EXPECT_EQ(desk_->run({"run", "effects"}).status, 0) << point;
        EXPECT_EQ(read_file(file_of(serial)), read_file(folder() / "c.der")) << point;
        EXPECT_EQ(count("SELECT COUNT(*) FROM repository_entry"), id) << point;
        EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE kind = 'certificate.published'"),
                  id)
            << point;
    }
    const auto again = desk_->run({"repository", "publish"}).lines().at(0);
    EXPECT_EQ(again.at("published"), 0);
    EXPECT_EQ(again.at("restored"), 0);
    EXPECT_EQ(again.at("waiting"), 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
}

// S 12.1, S 12.2, M 2.6.3
TEST_P(RepositoryProgram, AnybodyFindsAndSavesAPublishedCertificateWithCurl) {
    const std::string serial = accept(1);
    ASSERT_EQ(desk_->run({"run", "effects", "repository"}).status, 0);
    const std::string all = while_serving(
        "curl -sS -G $url/search --data-urlencode 'subject=好茶'\n"
        "curl -sS -G $url/search.html --data-urlencode 'subject=好茶<b>有限公司' -d exact=1 -o "
        "page.html\n"
        "curl -sS -D - -o got.der $url/certificates/" +
        serial +
        ".crt\n"
        "openssl x509 -inform DER -in got.der -noout -subject -nameopt utf8\n"
        "echo short $(curl -sS -G $url/search --data-urlencode 'subject=茶' -w '%{http_code}')\n"
        "echo bad $(curl -sS \"$url/search?subject=%ff%fe\" -w '%{http_code}')\n"
        "echo none $(curl -sS $url/certificates/0c999999.crt -w '%{http_code}')\n"
        "echo out $(curl -sS --path-as-is $url/certificates/..%2f..%2fk.crt -w '%{http_code}')\n");
    EXPECT_THAT(all, AllOf(HasSubstr("\"serial\":\"" + serial + "\""),
                           HasSubstr("\"state\":\"issued\""), HasSubstr("\"complete\":true")));
    EXPECT_THAT(read_file(folder() / "page.html"),
                AllOf(HasSubstr("<td>C=TW, O=好茶\\&lt;b\\&gt;有限公司"), HasSubstr("有效 valid"),
                      HasSubstr(serial + ".crt\">"), Not(HasSubstr("<b>"))));
    EXPECT_THAT(all, AllOf(HasSubstr("application/pkix-cert"), HasSubstr("subject=C=TW, O=好茶"),
                           HasSubstr("repository.text_short"), HasSubstr("}} 400"),
                           HasSubstr("bad The query is not UTF-8, or no query. 400"),
                           HasSubstr("none There is nothing here. 404"),
                           HasSubstr("out There is nothing here. 404")));
    EXPECT_EQ(read_file(folder() / "got.der"), read_file(folder() / "c.der"));
    EXPECT_TRUE(std::filesystem::exists(folder() / "desk/repository/tipo/ca.crt"));
}

// M 2.6.2
TEST_P(RepositoryProgram, TheReportSaysWhatWaitsAndWhatIsLate) {
    const std::string serial = accept(1);
    auto report = desk_->run({"repository", "report", "--scheme", "tipo"});
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.lines().at(0).at("waiting"), 1);
    desk_->set_clock_ahead(20);  // further than any holidays
    report = desk_->run({"repository", "report", "--scheme", "tipo"});
    EXPECT_EQ(report.status, 1);
    EXPECT_EQ(report.lines().at(0).at("late").at(0).at("serial"), serial);
    ASSERT_EQ(desk_->run({"run", "effects"}).status, 0);
    report = desk_->run({"repository", "report", "--scheme", "tipo"});
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.lines().at(0).at("published_late"), 1);
    const auto found = desk_->run({"repository", "search", "tipo", "好茶"});
    EXPECT_EQ(found.lines().at(0).at("serial"), serial);
    const std::string subject = found.lines().at(0).at("subject");  // as shown, it finds itself
    EXPECT_EQ(desk_->run({"repository", "search", "tipo", subject, "--exact"}).lines().size(), 1U);
    EXPECT_EQ(desk_->run({"repository", "search", "tipo", "茶"}).status, 1);
    EXPECT_EQ(desk_->run({"repository", "search", "nowhere", "好茶"}).status, 1);
}

SEALDESK_ON_EVERY_BACKEND(RepositoryProgram);

}  // namespace
}  // namespace sealdesk::cli
