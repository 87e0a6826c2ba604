#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "audit/verify.h"
#include "support/backends.h"

namespace sealdesk::audit {
namespace {

class AuditWorkers : public test::OnEveryBackend {};

TEST_P(AuditWorkers, ManyWorkersAtOnceMakeOneChainWithoutGapsWhileItIsVerified) {
    constexpr int workers = 3;
    constexpr int each = 40;
    std::atomic<int> running{workers};
    std::vector<std::thread> threads;
    threads.reserve(workers);
    std::vector<std::unique_ptr<store::Connection>> connections;
    connections.reserve(workers);
    for (int worker = 0; worker < workers; ++worker) {
        connections.push_back(another_connection());
    }
    for (int worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            SystemRandom own_random;
            store::Database own(*connections[std::size_t(worker)], clock(), own_random);
            for (int i = 0; i < each; ++i) {
                store::transact(own, "test.append", [&](store::Tx& tx) {
                    append(tx, {"x.y", "worker:" + std::to_string(worker), "", {{"i", i}}});
                });
            }
            --running;
        });
    }
    while (running > 0) {
        const VerifyReport report = verify(db(), {}, {});
        EXPECT_FALSE(report.finding) << report.finding->code << " " << report.finding->sequence;
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(verify(db(), {}, {}).events, workers * each);
}

SEALDESK_ON_EVERY_BACKEND(AuditWorkers);

/// A connection whose worker is overtaken once: after the head was looked for in vain, another
/// worker's first events are committed.
class OvertakenConnection final : public store::Connection {
public:
    OvertakenConnection(store::Connection& inner, std::function<void()> overtake)
        : inner_(inner), overtake_(std::move(overtake)) {}

    std::vector<store::Row> query(std::string_view sql,
                                  std::span<const store::Value> args) override {
        return inner_.query(sql, args);
    }
    std::int64_t execute(std::string_view sql, std::span<const store::Value> args) override {
        const auto count = inner_.execute(sql, args);
        if (count == 0 && sql.find("UPDATE audit_head") != std::string_view::npos) {
            std::exchange(overtake_, [] {})();
            ++times_;
        }
        return count;
    }
    void reopen() override { inner_.reopen(); }
    [[nodiscard]] std::string_view dialect() const override { return inner_.dialect(); }
    [[nodiscard]] int times() const { return times_; }

private:
    store::Connection& inner_;
    std::function<void()> overtake_;
    int times_ = 0;
};

// SQLite has one writer at a time, so only a server can meet it.
class AuditFirstEvents : public test::OnEveryBackend {};

TEST_P(AuditFirstEvents, OfTwoWorkersAtOnceMakeOneChain) {
    const auto event = [](const char* actor) { return Event{"x.y", actor, "", {{"i", 1}}}; };
    const auto other_connection = another_connection();
    store::Database other(*other_connection, clock(), random());
    OvertakenConnection overtaken(connection(), [&] {
        store::transact(other, "test.append", [&](store::Tx& tx) { append(tx, event("first")); });
    });
    store::Database late(overtaken, clock(), random());
    store::transact(late, "test.append", [&](store::Tx& tx) { append(tx, event("second")); });
    const VerifyReport report = verify(db(), {}, {});
    EXPECT_FALSE(report.finding) << report.finding->code;
    EXPECT_EQ(report.events, 2);
    EXPECT_EQ(overtaken.times(), 1);
}

INSTANTIATE_TEST_SUITE_P(Server, AuditFirstEvents, ::testing::Values("mysql"),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace sealdesk::audit
