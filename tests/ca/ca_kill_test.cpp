// kill -9 at every named point of the CA, in a process of its own, on both databases. The child is
// this test program again, told to run one test: CaProcess.IssuesRevokesAndPublishes.
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "ca/demo_desk.h"
#include "support/child_test.h"

namespace sealdesk::ca {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

/// What the child does and, after its death, the parent once more: same keys, same orders. The
/// public keys lie in the folder.
std::vector<Order> orders_in(const std::filesystem::path& folder, const std::string& round) {
    std::vector<Order> orders;
    for (const std::string number : {"1", "2"}) {
        Order order;
        order.key = round + ".order." + number;
        order.subscriber = "officer:" + number;
        order.profile = "officer";
        order.subject = {{"common_name", "林核定"}, {"serial_number", number}};
        order.public_key = read_file(folder / (round + ".key." + number));
        order.approval_sha256 = std::string(64, 'a');
        orders.push_back(std::move(order));
    }
    return orders;
}

void work(LocalCa& ca, const std::vector<Order>& orders) {
    const auto results = ca.issue_all(orders);
    for (const auto& result : results) {
        ASSERT_EQ(code_of(result), "ok");
    }
    const StatusOrder revocation{orders[0].key + ".revoke", results[0]->serial, Reason::Superseded,
                                 std::string(64, 'b')};
    ASSERT_EQ(code_of(ca.revoke(revocation)), "ok");
    ASSERT_EQ(code_of(ca.issue_crl()), "ok");
}

TEST(CaProcess, IssuesRevokesAndPublishes) {
    const std::string url = environment("SEALDESK_CA_CHILD_STORE");
    if (url.empty()) {
        return;  // the work of KilledCa's child, which runs this test by itself
    }
    const auto connection = store::open({.url = url,
                                         .password_file = {},
                                         .socket = environment("SEALDESK_CA_CHILD_SOCKET"),
                                         .tls_ca = {},
                                         .tls_certificate = {},
                                         .tls_key = {}});
    const ManualClock clock(
        from_stored(parse_number(environment("SEALDESK_CA_CHILD_NOW")).value()));
    SystemRandom random;
    store::Database database(*connection, clock, random);
    const std::filesystem::path folder = environment("SEALDESK_CA_CHILD_FOLDER");
    const std::filesystem::path files = environment("SEALDESK_CA_CHILD_FILES");
    const auto ca = LocalCa::open(database, {files / "ca.crt", files / "ca.key", folder / "crl"},
                                  test_passphrase(), test_profiles());
    ASSERT_EQ(code_of(ca), "ok");
    work(**ca, orders_in(folder, environment("SEALDESK_CA_CHILD_ROUND")));
}

class KilledCa : public WithCa {
protected:
    void make_keys(const std::string& round) {
        for (const std::string number : {"1", "2"}) {
            write_file_durably(folder() / (round + ".key." + number),
                               crypto::KeyPair::generate_p256().public_key(), FileAccess::Owner);
        }
    }

    int run_process(const std::string& round, const std::string& crash,
                    const std::string& log = "") {
        make_keys(round);
        return test::run_child_test(
            "CaProcess.IssuesRevokesAndPublishes",
            {"SEALDESK_CRASH=" + crash, "SEALDESK_CRASH_LOG=" + log,
             "SEALDESK_CA_CHILD_ROUND=" + round, "SEALDESK_CA_CHILD_STORE=" + options().url,
             "SEALDESK_CA_CHILD_SOCKET=" + options().socket,
             "SEALDESK_CA_CHILD_NOW=" + std::to_string(to_stored(clock().now())),
             "SEALDESK_CA_CHILD_FOLDER=" + folder().string(),
             "SEALDESK_CA_CHILD_FILES=" + test_ca_files().key.parent_path().string()});
    }

    /// The named points of the work, each as "name:1".
    std::vector<std::string> passed_points() {
        const std::string log = folder() / "points";
        EXPECT_EQ(run_process("walk", "", log), 0);
        std::vector<std::string> points;
        std::ifstream file(log);
        std::map<std::string, int> times;
        for (std::string line; std::getline(file, line);) {
            if (line.rfind("ca.", 0) == 0) {
                points.push_back(line + ":" + std::to_string(++times[line]));
            }
        }
        return points;
    }
};

TEST_P(KilledCa, AtEveryPointEndsWithTheCertificatesOrderedAndNoOthers) {
    const auto points = passed_points();
    ASSERT_GE(points.size(), 12U);
    std::int64_t rounds = 1;
    for (const std::string& point : points) {
        SCOPED_TRACE(point);
        const std::string round = "round" + std::to_string(rounds++);
        const int status = run_process(round, point);
        ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        // Another process goes on, a minute later; so nothing is the same by chance.
        clock().advance(std::chrono::minutes{1});
        const auto orders = orders_in(folder(), round);
        const auto before = connection().query(
            "SELECT serial FROM ca_certificate WHERE order_key = '" + orders[1].key + "'", {});
        ca().recover();
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'signing'"), 0);
        work(ca(), orders);

        if (!before.empty()) {
            EXPECT_EQ(ca().issue(orders[1])->serial, before[0].text(0));
        }
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 2 * rounds);
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'revoked'"), rounds);
        const auto crl = ca().latest_crl();
        ASSERT_EQ(code_of(crl), "ok");
        EXPECT_EQ(crl->entries, rounds);
        EXPECT_EQ(sha256_hex(read_file(folder() / "crl" / "complete.crl")), crl->sha256);
        EXPECT_EQ(audit_verdict(), "ok");
    }
}

SEALDESK_ON_EVERY_BACKEND(KilledCa);

}  // namespace
}  // namespace sealdesk::ca
