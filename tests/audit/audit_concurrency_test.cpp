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

}  // namespace
}  // namespace sealdesk::audit
