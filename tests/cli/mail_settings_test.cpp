// The settings of mail that are more than one word.
#include <fstream>

#include <gtest/gtest.h>

#include "cli/settings.h"
#include "support/temp_folder.h"

namespace sealdesk::test {
namespace {

class MailSettings : public ::testing::Test {
protected:
    [[nodiscard]] Result<cli::Settings> read(const std::string& mail) const {
        std::ofstream(folder_.path() / "sealdesk.yaml") << "mail:\n" << mail;
        return cli::read_settings(folder_.path());
    }
    [[nodiscard]] std::string fault(const std::string& mail) const {
        const auto settings = read(mail);
        return settings ? "ok"
                        : settings.error().code +
                              settings.error().where.substr(settings.error().where.rfind(':'));
    }
    [[nodiscard]] std::filesystem::path desk() const { return folder_.path(); }

private:
    TempFolder folder_;
};

TEST_F(MailSettings, DomainsHaveLimitsOfTheirOwn) {
    const auto settings = read(
        "  domains:\n    \"*\": {sessions: 2, per_minute: 300}\n    Hinet.net: {per_minute: 60}\n");

    ASSERT_TRUE(settings) << settings.error().detail;
    EXPECT_EQ(mail::limit_of(settings->mail_domains, "example.test").sessions, 2);
    EXPECT_EQ(mail::limit_of(settings->mail_domains, "hinet.net").per_minute, 60);
    EXPECT_EQ(mail::limit_of(settings->mail_domains, "hinet.net").sessions, 0);
}

TEST_F(MailSettings, AWrongLimitIsShownWithItsLine) {
    EXPECT_EQ(fault("  domains: {hinet.net: {per_minute: 0}}\n"), "settings.bad_value:2");
    EXPECT_EQ(fault("  domains: {hinet.net: {per_hour: 5}}\n"), "settings.bad_value:2");
    EXPECT_EQ(fault("  domains: {hinet.net: 5}\n"), "settings.bad_value:2");
    EXPECT_EQ(fault("  domains: 5\n"), "settings.bad_value:2");
    EXPECT_EQ(fault("  bounce_address: nowhere\n"), "settings.bad_value:2");
    EXPECT_EQ(fault("  keep_days: 0\n"), "settings.bad_value:2");
    EXPECT_EQ(read("  keep_days: 30\n")->mail_kept, std::chrono::days(30));
}

TEST_F(MailSettings, BouncesArriveInAMaildirOfTheDesk) {
    const auto settings = read("  bounces: Maildir\n  bounce_address: bounce@ra.example.test\n");

    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->bounces.folder, desk() / "Maildir");
    EXPECT_EQ(settings->bounces.address, "bounce@ra.example.test");
    EXPECT_TRUE(read("  host: localhost\n")->bounces.folder.empty());
}

}  // namespace
}  // namespace sealdesk::test
