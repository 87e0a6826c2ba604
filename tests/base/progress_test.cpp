#include "base/progress.h"

#include <vector>

#include <gtest/gtest.h>

namespace sealdesk {
namespace {

using namespace std::chrono_literals;

class Progress : public ::testing::Test {
protected:
    ProgressLine line(std::chrono::microseconds interval, Language language = Language::English) {
        return ProgressLine(
            clock_, {language, interval, [&](const std::string& text) { shown_.push_back(text); }});
    }
    ManualClock clock_{from_stored(1'795'137'300'000'000)};
    std::vector<std::string> shown_;
};

TEST_F(Progress, ShowsCountRateAndTimeLeft) {
    auto progress = line(200ms);
    clock_.advance(10s);
    progress.at(12'000, 200'000);
    progress.at(12'500, 200'000);  // too soon
    ASSERT_EQ(shown_.size(), 1U);
    EXPECT_EQ(shown_.front(), "12,000 of 200,000 (6%), 1,200/s, 2:37 left");
}

TEST_F(Progress, SaysSoInChineseAndWithoutATotal) {
    auto progress = line(200ms, Language::Chinese);
    clock_.advance(10s);
    progress.at(12, 48, "郵件");
    clock_.advance(10s);
    progress.at(90'000);
    ASSERT_EQ(shown_.size(), 2U);
    EXPECT_EQ(shown_[0], "郵件  已處理 12 / 48 (25%)　每秒 1.2　尚需 0:31");
    EXPECT_EQ(shown_[1], "已處理 90,000　每秒 4,500");
}

TEST_F(Progress, WritesNoMoreThanFiveLinesASecond) {
    auto progress = line(200ms);
    for (int step = 1; step <= 100; ++step) {
        clock_.advance(10ms);
        progress.at(step);
    }
    EXPECT_EQ(shown_.size(), 5U);
}

TEST_F(Progress, IsQuietInALogForAMinute) {
    auto progress = line(1min);
    for (int second = 1; second < 60; ++second) {
        clock_.advance(1s);
        progress.at(second);
    }
    EXPECT_TRUE(shown_.empty());
    for (int second = 60; second <= 185; ++second) {
        clock_.advance(1s);
        progress.at(second, 7'200);
    }
    ASSERT_EQ(shown_.size(), 3U);
    EXPECT_EQ(shown_.back(), "180 of 7,200 (2%), 1.0/s, 1:57:01 left");
}

TEST_F(Progress, ThatNobodyWatchesIsNeverStopped) {
    const Watch nobody;
    nobody.at(1, 2);
    EXPECT_FALSE(nobody.stopped());
}

}  // namespace
}  // namespace sealdesk
