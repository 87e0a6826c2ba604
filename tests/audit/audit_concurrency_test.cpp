#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "audit/verify.h"
#include "support/backends.h"

namespace sealdesk::audit {
namespace {

class AuditWorkers : public test::OnEveryBackend {};

TEST_P(AuditWorkers, ManyWorkersAtOnceMakeOneChainWithoutGapsWhileItIsVerified) {
    constexpr int kWorkers = 3;
    constexpr int kEach = 40;
    std::atomic<int> running{kWorkers};
    std::vector<std::thread> threads;
    std::vector<std::unique_ptr<store::Connection>> connections;
    for (int worker = 0; worker < kWorkers; ++worker) {
        connections.push_back(another_connection());
    }
    for (int worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
            SystemRandom own_random;
            store::Database own(*connections[std::size_t(worker)], clock(), own_random);
            for (int i = 0; i < kEach; ++i) {
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
    EXPECT_EQ(verify(db(), {}, {}).events, kWorkers * kEach);
}

SEALDESK_ON_EVERY_BACKEND(AuditWorkers);

}  // namespace
}  // namespace sealdesk::audit
