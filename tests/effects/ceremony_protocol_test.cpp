#include "effects/ceremony_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paper/pdf_probe.h"
#include "support/temp_folder.h"

namespace sealdesk::effects {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const Instant kHeldAt{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 1h + 15min};

ca::Ceremony ceremony_with(std::size_t holders) {
    SystemRandom random;
    const crypto::KeyPair key = crypto::KeyPair::generate_p256();
    ca::Ceremony ceremony{
        .certificate = crypto::make_self_signed(
            key, {"Demo CA 憑證管理中心", crypto::SelfSignedUse::Signing, kHeldAt, kHeldAt + 24h},
            random),
        .key_id = std::string(40, 'a')};
    ceremony.custody = {std::string(32, '7'), 2, {}};
    for (std::size_t i = 1; i <= holders; ++i) {
        ceremony.custody.holders.push_back("持份人" + std::to_string(i));
    }
    ceremony.at = kHeldAt;
    return ceremony;
}

class CeremonyProtocol : public ::testing::Test {
protected:
    /// Text of the printed pages, or the error.
    std::string printed(const ca::Ceremony& ceremony) {
        scheme::Scheme scheme;
        scheme.id = "none";
        scheme.title.zh = "試辦用戶憑證";
        scheme.authority.name.zh = "試辦註冊中心";
        scheme.authority.address.zh = "臺北市試辦路85號";
        scheme.authority.phone = "02-2370-0000";
        const auto pdf = ceremony_protocol(scheme, templates_, ceremony);
        return pdf ? test::pdf_text(*pdf, folder_.path())
                   : pdf.error().code + " " + pdf.error().where;
    }

private:
    test::TempFolder folder_;
    slips::TemplateShelf templates_{std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates"};
};

TEST_F(CeremonyProtocol, OfANewKeyNamesItsHoldersAndCertificate) {
    ca::Ceremony ceremony = ceremony_with(2);
    ceremony.is_new_key = true;
    const std::string text = printed(ceremony);
    EXPECT_THAT(text, HasSubstr("2026-11-20 09:15"));
    EXPECT_THAT(text, HasSubstr(ceremony.certificate.fingerprint()));
    EXPECT_THAT(text, HasSubstr(ceremony.key_id));
    EXPECT_THAT(text, HasSubstr(ceremony.custody.set));
    EXPECT_THAT(text, HasSubstr("2 of 2"));
    EXPECT_THAT(text, HasSubstr("持份人2"));
    EXPECT_THAT(text, HasSubstr("A key was made"));
    EXPECT_THAT(text, Not(HasSubstr("Former holders")));
}

TEST_F(CeremonyProtocol, OfASharingAnewHasRoomForSixteenAndNamesTheFormerShares) {
    ca::Ceremony ceremony = ceremony_with(16);
    ceremony.former_set = std::string(32, '3');
    ceremony.former_shares = {2, 5};
    const std::string text = printed(ceremony);
    EXPECT_THAT(text, HasSubstr("持份人16"));
    EXPECT_THAT(text, HasSubstr("shares 2、5"));
    EXPECT_THAT(text, HasSubstr(ceremony.former_set));
    EXPECT_THAT(text, HasSubstr("Former holders open the key"));
    ceremony.former_set.clear();
    EXPECT_THAT(printed(ceremony), HasSubstr("a single passphrase"));
}

}  // namespace
}  // namespace sealdesk::effects
